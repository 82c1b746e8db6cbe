//! What is known before a run.

use std::collections::HashSet;
use std::net::SocketAddr;

use director_setup::{Persistence, ServiceFlags, Weight};

use super::Key;
use crate::Share;
use crate::model::{
    Determinism, KernelVersion, ListError, ModelSettings, RealServers, ServerSettings,
};
use crate::observation::Observation;
use director_setup::Scheduler;

/// What is configured, and the load that is to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Scheduler, flags and kernel.
    pub model: ModelSettings,
    /// Whether and how long a client stays with its real server.
    pub persistence: Option<Persistence>,
    /// The real servers, in the order in which they are added.
    pub servers: Vec<PlannedServer>,
    /// Addresses that clients come from; `None` if unknown.
    pub client_addresses: Option<u64>,
    /// Addresses that clients ask for: 1 but for services by firewall mark.
    pub destinations: u64,
    /// Requests to be sent.
    pub requests: u64,
    /// Connections that carry them.
    pub connections: u64,
    /// Connections open at a time.
    pub concurrency: u32,
    /// Largest difference between observed and expected share that passes.
    pub tolerance: Share,
}

/// A real server to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedServer {
    /// Its name.
    pub name: String,
    /// Address and port.
    pub address: SocketAddr,
    /// Weight and thresholds.
    pub settings: ServerSettings,
}

impl Plan {
    /// The plan that an observed run followed, as far as its observation tells.
    pub(crate) fn of(observation: &Observation) -> Self {
        let service = &observation.service;
        let kernel = KernelVersion::of_release(&observation.kernel);
        let opening = observation.trace.iter();
        let addresses: HashSet<_> = opening.map(|one| *one.client.ip()).collect();
        let addresses = addresses.len() as u64;
        Self {
            model: ModelSettings::new(service.scheduler.clone(), kernel).with_flags(service.flags),
            persistence: service.persistence.clone(),
            servers: observation
                .servers
                .iter()
                .map(|server| PlannedServer {
                    name: server.name.clone(),
                    address: server.address,
                    settings: server.settings(),
                })
                .collect(),
            client_addresses: (addresses > 0).then_some(addresses),
            destinations: 1,
            requests: observation.load.requests_completed,
            connections: observation.client_connections(),
            concurrency: observation.load.concurrency,
            tolerance: Share::clamped(observation.tolerance),
        }
    }

    pub(super) fn scheduler(&self) -> &Scheduler {
        &self.model.scheduler
    }

    pub(super) fn determinism(&self) -> Option<Determinism> {
        Determinism::of(self.scheduler())
    }

    pub(super) fn weights(&self) -> Vec<Weight> {
        let servers = self.servers.iter();
        servers.map(|server| server.settings.weight).collect()
    }

    pub(super) fn weight_numbers(&self) -> Vec<u32> {
        let weights = self.weights();
        weights.iter().map(|weight| weight.get()).collect()
    }

    /// Each server's weight as a part of all weights; empty if all are 0.
    pub(super) fn configured(&self) -> Vec<Share> {
        let weights = self.weight_numbers();
        let whole = weights.iter().copied().map(u64::from).sum();
        let shares = weights
            .iter()
            .map(|&weight| Share::of(weight.into(), whole));
        shares.collect::<Option<_>>().unwrap_or_default()
    }

    /// Servers with a weight.
    pub(super) fn eligible(&self) -> impl Iterator<Item = &PlannedServer> {
        let servers = self.servers.iter();
        servers.filter(|one| one.settings.weight > Weight::ZERO)
    }

    /// The list as the scheduler finds it before the first connection.
    pub(super) fn real_servers(&self) -> Result<RealServers, ListError> {
        let mut list = RealServers::new(self.model.kernel);
        for server in &self.servers {
            list.add(server.address, server.settings)?;
        }
        Ok(list)
    }

    /// What the scheduler hashes; `None` if it does not.
    pub(super) fn key(&self) -> Option<Key> {
        Key::of(self.scheduler(), self.model.flags)
    }

    /// How many different keys will come; `None` if unknown. A connection has a port of its own.
    pub(super) fn keys(&self) -> Option<u64> {
        match self.key()? {
            Key::ClientAddress => self.client_addresses,
            Key::ClientAddressAndPort => Some(self.connections),
            Key::Destination => Some(self.destinations),
        }
    }
}

impl Key {
    /// What `scheduler` hashes with these flags; `None` if it does not hash.
    pub(crate) fn of(scheduler: &Scheduler, flags: ServiceFlags) -> Option<Self> {
        let by_client = |port: ServiceFlags| {
            if flags.contains(port) {
                Self::ClientAddressAndPort
            } else {
                Self::ClientAddress
            }
        };
        match scheduler {
            Scheduler::SourceHashing => Some(by_client(ServiceFlags::SH_PORT)),
            Scheduler::MaglevHashing => Some(by_client(ServiceFlags::MH_PORT)),
            Scheduler::DestinationHashing => Some(Self::Destination),
            _ => None,
        }
    }
}
