//! Drives a replay with what a lab saw.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use director_setup::Forwarding;

use super::ReplayError;
use super::{Flow, Opening, Origin, PickAgreement, Prediction, Replay, Replies};
use crate::director::{Director, DirectorSettings};
use crate::model::{KernelVersion, ModelSettings, ServerId};
use crate::observation::{Observation, RememberedConnection, SegmentKind, Sender, TracedSegment};

/// Replays the trace of `observation`.
///
/// twos draws its random numbers from `seed`; all others take no notice of it.
pub fn replay(observation: &Observation, seed: u64) -> Result<Prediction, ReplayError> {
    let mut observed = Observed::new(observation, seed)?;
    for segment in &observation.trace {
        observed.receive(segment);
    }
    observed.compare_with(&observation.connection_table);
    Ok(observed.finish())
}

/// Where between two ticks of the kernel's clock a connection opens is not known. Half a tick of 100
/// in a second, which Debian's user-mode Linux has.
const HALF_A_TICK: Duration = Duration::from_millis(5);

pub(super) struct Observed {
    pub(super) replay: Replay,
    destination: IpAddr,
    /// By address; `None` for an address that several servers share.
    servers: HashMap<Ipv4Addr, Option<ServerId>>,
    picks: Vec<u64>,
    refused: u64,
    /// Sources whose latest SYN was refused: the same SYN again is the same connection.
    refused_sources: HashSet<SocketAddrV4>,
    /// Connections whose server is known and was compared.
    compared: HashSet<SocketAddrV4>,
    agreement: PickAgreement,
}

impl Observed {
    pub(super) fn new(observation: &Observation, seed: u64) -> Result<Self, ReplayError> {
        let service = &observation.service;
        let kernel = KernelVersion::of_release(&observation.kernel);
        let model = ModelSettings {
            seed,
            ..ModelSettings::new(service.scheduler.clone(), kernel).with_flags(service.flags)
        };
        let settings = DirectorSettings {
            model,
            persistence: service.persistence.clone(),
        };
        let mut director = Director::new(&settings)?;
        let mut servers = HashMap::new();
        for server in &observation.servers {
            director.add(server.address, server.settings())?;
            if let IpAddr::V4(address) = server.address.ip() {
                let id = director.servers().id_of(server.address);
                let is_first = servers.insert(address, id).is_none();
                if !is_first {
                    servers.insert(address, None);
                }
            }
        }
        let replies = match service.forwarding {
            Forwarding::Nat => Replies::PassDirector,
            _ => Replies::BypassDirector,
        };
        Ok(Self {
            replay: Replay::new(director, replies).with_entries_until_the_tick(HALF_A_TICK),
            destination: service.vip.ip(),
            servers,
            picks: vec![0; observation.servers.len()],
            refused: 0,
            refused_sources: HashSet::new(),
            compared: HashSet::new(),
            agreement: PickAgreement::default(),
        })
    }

    fn flow(&self, client: SocketAddrV4) -> Flow {
        Flow {
            client: SocketAddr::V4(client),
            destination: self.destination,
        }
    }

    /// Which server a client's connection has, in the order of the observation.
    #[cfg(test)]
    pub(super) fn server_of(&self, client: SocketAddrV4) -> Option<usize> {
        let server = self.replay.server_of(self.flow(client))?;
        Some(server.index())
    }

    pub(super) fn receive(&mut self, segment: &TracedSegment) {
        self.replay.advance(segment.at);
        let flow = self.flow(segment.client);
        match (segment.from, segment.kind) {
            (Sender::Client, SegmentKind::Syn) => match self.replay.syn(flow) {
                Opening::Scheduled(server) => {
                    self.picks[server.index()] += 1;
                    self.compared.remove(&segment.client);
                    self.refused_sources.remove(&segment.client);
                }
                Opening::Refused => {
                    self.refused += u64::from(self.refused_sources.insert(segment.client));
                }
                Opening::Known(_) => {}
            },
            (Sender::Client, kind) => self.replay.segment(flow, kind, Origin::Client),
            (Sender::Server(address), kind) => {
                self.compare(segment.client, address);
                self.replay.segment(flow, kind, Origin::Server);
            }
        }
    }

    /// Compares a connection's server with the one that the kernel chose, once.
    fn compare(&mut self, client: SocketAddrV4, address: Ipv4Addr) {
        let Some(predicted) = self.replay.server_of(self.flow(client)) else {
            return;
        };
        if !self.compared.insert(client) {
            return;
        }
        if let Some(Some(server)) = self.servers.get(&address) {
            self.agreement.compared += 1;
            self.agreement.agreed += u64::from(*server == predicted);
        }
    }

    /// Compares the model's connections with those that the kernel remembers.
    fn compare_with(&mut self, remembered: &[RememberedConnection]) {
        for connection in remembered {
            self.compare(connection.client, connection.server);
        }
    }

    pub(super) fn finish(mut self) -> Prediction {
        let director = self.replay.director();
        let listed = director.servers().list().iter();
        Prediction {
            picks: self.picks,
            refused: self.refused,
            still_active: listed.map(|one| u64::from(one.active)).sum(),
            pick_agreement: (self.agreement.compared > 0).then_some(self.agreement),
        }
    }
}
