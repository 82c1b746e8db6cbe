//! Replays what the director received through a model of its scheduler.
//!
//! The replay keeps the connection table that the kernel keeps, entry by entry, so that the model
//! sees the same active and inactive connections at each decision. The model decides from its own
//! earlier picks, not from the kernel's: an error of the kernel cannot leak into the expectation.
//!
//! Three simplifications:
//!
//! - Pure ACKs are not in the trace. Where replies pass the director, the handshake counts as
//!   complete at the server's SYN-ACK; where they bypass it, at the client's SYN; and a FIN proves
//!   that it was.
//! - Packets with data are not in the trace, so an established connection never expires.
//! - The sysctls under `net.ipv4.vs` have their defaults (`conn_reuse_mode` 1, `sloppy_tcp` 0),
//!   and no persistence is configured.

mod table;
mod tcp;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use director_setup::Forwarding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{self, Candidate, Model};
use crate::observation::{Observation, RememberedConnection, SegmentKind, Sender, TracedSegment};
use table::{ConnectionTable, Entry};
use tcp::{Direction, TcpState};

/// What the model would have done with the connections of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Connections given to each real server, in the order of [`Observation::servers`].
    pub picks: Vec<u64>,
    /// Connections refused because no server has a weight.
    pub refused: u64,
    /// Connections that are still active at the end of the trace: no segment in it closes them.
    pub still_active: u64,
    /// How often the kernel picked the same server for the same connection; `None` if neither the
    /// trace nor the connection table names any server.
    pub pick_agreement: Option<PickAgreement>,
}

/// How many single decisions of the kernel were the model's as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PickAgreement {
    /// Connections whose real server is known: from the trace, or from the connection table.
    pub compared: u64,
    /// Those of them for which the model picked the same server.
    pub agreed: u64,
}

impl Prediction {
    /// Connections that the model gave to some server.
    pub fn scheduled(&self) -> u64 {
        self.picks.iter().sum()
    }
}

/// Replays the trace of `observation`; `None` if there is no model of its scheduler.
pub fn replay(observation: &Observation) -> Option<Prediction> {
    let mut replay = Replay::new(observation)?;
    for segment in &observation.trace {
        replay.receive(segment);
    }
    replay.compare_with(&observation.connection_table);
    Some(replay.finish())
}

/// Whether the director sees what the real servers answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replies {
    PassDirector,
    BypassDirector,
}

/// The director in the middle of a trace. Servers are in the kernel's order throughout.
struct Replay {
    model: Box<dyn Model>,
    list: Vec<Candidate>,
    /// Where an address stands in the list; `None` for an address that several servers share.
    positions: BTreeMap<Ipv4Addr, Option<usize>>,
    replies: Replies,
    table: ConnectionTable,
    now: Duration,
    picks: Vec<u64>,
    refused: u64,
    agreement: PickAgreement,
}

impl Replay {
    fn new(observation: &Observation) -> Option<Self> {
        let servers = &observation.servers;
        let weights: Vec<_> = servers.iter().map(|server| server.weight).collect();
        let scheduler = &observation.service.scheduler;
        let mut positions = BTreeMap::new();
        for (position, server) in servers.iter().rev().enumerate() {
            if let IpAddr::V4(address) = server.address.ip() {
                let unique = positions.insert(address, Some(position)).is_none();
                if !unique {
                    positions.insert(address, None);
                }
            }
        }
        Some(Self {
            model: model::for_scheduler(scheduler, &observation.kernel, &weights)?,
            list: weights.iter().rev().copied().map(Candidate::idle).collect(),
            positions,
            replies: match observation.service.forwarding {
                Forwarding::Nat => Replies::PassDirector,
                _ => Replies::BypassDirector,
            },
            table: ConnectionTable::default(),
            now: Duration::ZERO,
            picks: vec![0; servers.len()],
            refused: 0,
            agreement: PickAgreement::default(),
        })
    }

    fn receive(&mut self, segment: &TracedSegment) {
        self.now = self.now.max(segment.at);
        while let Some(expired) = self.table.expire_one(self.now) {
            self.release(expired);
        }
        let Some(entry) = self.table.get(segment.client) else {
            if (segment.from, segment.kind) == (Sender::Client, SegmentKind::Syn) {
                self.schedule(segment);
            }
            return;
        };
        let opens = (segment.from, segment.kind) == (Sender::Client, SegmentKind::Syn);
        if opens && entry.state.is_reusable() {
            // The kernel lets the old entry expire "now", which is after this decision.
            self.schedule(segment);
        } else {
            self.advance(segment, entry);
        }
    }

    fn schedule(&mut self, segment: &TracedSegment) {
        let Some(server) = self.model.pick(&self.list) else {
            self.refused += 1;
            return;
        };
        self.picks[server] += 1;
        let state = match self.replies {
            Replies::PassDirector => TcpState::SynRecv,
            Replies::BypassDirector => TcpState::SynRecv.acknowledged(),
        };
        self.list[server].active += 1;
        let entry = Entry::new(server, state);
        if let Some(replaced) = self.table.put(segment.client, entry, self.now) {
            self.release(replaced);
        }
    }

    fn advance(&mut self, segment: &TracedSegment, mut entry: Entry) {
        if let Sender::Server(address) = segment.from {
            self.compare(&mut entry, address);
        }
        let before = entry.state;
        let direction = match (segment.from, self.replies) {
            (Sender::Server(_), _) => Direction::Output,
            (Sender::Client, Replies::PassDirector) => Direction::Input,
            (Sender::Client, Replies::BypassDirector) => Direction::InputOnly,
        };
        entry.state = match segment.kind {
            SegmentKind::Fin => before.acknowledged().after(segment.kind, direction),
            SegmentKind::Syn => self.after_syn(before, direction),
            SegmentKind::Rst => before.after(segment.kind, direction),
        };
        self.recount(entry.server, before, entry.state);
        self.table.put(segment.client, entry, self.now);
    }

    fn after_syn(&self, before: TcpState, direction: Direction) -> TcpState {
        let after = before.after(SegmentKind::Syn, direction);
        let handshake_completes =
            direction == Direction::Output || self.replies == Replies::BypassDirector;
        if handshake_completes {
            after.acknowledged()
        } else {
            after
        }
    }

    fn compare(&mut self, entry: &mut Entry, address: Ipv4Addr) {
        if entry.answered {
            return;
        }
        entry.answered = true;
        if let Some(Some(position)) = self.positions.get(&address) {
            self.agreement.compared += 1;
            self.agreement.agreed += u64::from(*position == entry.server);
        }
    }

    /// Compares the model's connections with those that the kernel remembers.
    fn compare_with(&mut self, remembered: &[RememberedConnection]) {
        for connection in remembered {
            if let Some(mut entry) = self.table.get(connection.client) {
                self.compare(&mut entry, connection.server);
            }
        }
    }

    fn recount(&mut self, server: usize, before: TcpState, after: TcpState) {
        let server = &mut self.list[server];
        match (before.is_active(), after.is_active()) {
            (true, false) => {
                server.active -= 1;
                server.inactive += 1;
            }
            (false, true) => {
                server.inactive -= 1;
                server.active += 1;
            }
            _ => {}
        }
    }

    fn release(&mut self, entry: Entry) {
        let server = &mut self.list[entry.server];
        if entry.state.is_active() {
            server.active -= 1;
        } else {
            server.inactive -= 1;
        }
    }

    fn finish(mut self) -> Prediction {
        self.picks.reverse();
        Prediction {
            picks: self.picks,
            refused: self.refused,
            still_active: self.list.iter().map(|one| u64::from(one.active)).sum(),
            pick_agreement: (self.agreement.compared > 0).then_some(self.agreement),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::closed_loop_over_equal_servers;
