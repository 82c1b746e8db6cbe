//! An experiment as the plan of a run, for advice before it.

use analysis::Share;
use analysis::advice::{Plan, PlannedServer};
use analysis::model::{KernelVersion, ModelSettings};

use super::{ConnectionMode, Experiment};
use crate::topology::client_addresses;

impl Experiment {
    /// What is known before the run. The kernel is not: the advice is that for the lab's reference.
    pub fn plan(&self) -> Plan {
        let load = &self.load;
        let connections = match load.connections {
            ConnectionMode::PerRequest => load.requests,
            ConnectionMode::KeepAlive => u64::from(load.concurrency),
        };
        let servers = self.servers.iter().map(|server| PlannedServer {
            name: server.name.clone(),
            address: server.address.into(),
            settings: server.weight.into(),
        });
        Plan {
            model: ModelSettings::new(self.service.scheduler.clone(), KernelVersion::REFERENCE),
            persistence: None,
            servers: servers.collect(),
            client_addresses: Some(client_addresses(self).len() as u64),
            destinations: 1,
            requests: load.requests,
            connections,
            concurrency: load.concurrency,
            tolerance: Share::clamped(self.expect.tolerance),
        }
    }
}
