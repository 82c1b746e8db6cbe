//! A bench for the models: real servers, a model, and somebody who connects.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use director_setup::{Scheduler, ServiceFlags, Weight};

use super::{
    Activity, Arrival, KernelVersion, ListChange, Model, ModelSettings, RealServers, for_scheduler,
};

pub(crate) fn weights(numbers: &[u16]) -> Vec<Weight> {
    numbers.iter().copied().map(Weight::from).collect()
}

/// Servers are named by their number in the order of addition.
pub(super) struct Bench {
    pub(super) servers: RealServers,
    pub(super) model: Box<dyn Model>,
    clients: u32,
}

impl Bench {
    pub(super) fn of(scheduler: &str, numbers: &[u16]) -> Self {
        Self::with_flags(scheduler, numbers, ServiceFlags::NONE)
    }

    pub(super) fn with_flags(scheduler: &str, numbers: &[u16], flags: ServiceFlags) -> Self {
        Self::new(scheduler, weights(numbers), flags)
    }

    pub(super) fn of_weights(scheduler: &str, numbers: &[u32]) -> Self {
        let weights = numbers.iter().map(|&number| number.try_into().unwrap());
        Self::new(scheduler, weights.collect(), ServiceFlags::NONE)
    }

    fn new(scheduler: &str, weights: Vec<Weight>, flags: ServiceFlags) -> Self {
        let kernel = KernelVersion::REFERENCE;
        let settings = ModelSettings::new(Scheduler::from(scheduler), kernel).with_flags(flags);
        let mut bench = Self {
            servers: RealServers::new(kernel),
            model: for_scheduler(&settings).unwrap(),
            clients: 0,
        };
        for weight in weights {
            bench.add_weight(weight);
        }
        bench
    }

    pub(super) fn add(&mut self, weight: u16) {
        self.add_weight(weight.into());
    }

    fn add_weight(&mut self, weight: Weight) {
        let address = address(self.servers.ever_known());
        let change = self.servers.add(address, weight.into()).unwrap();
        self.changed(change);
    }

    pub(super) fn remove(&mut self, server: usize) {
        let change = self.servers.remove(address(server)).unwrap();
        self.changed(change);
    }

    pub(super) fn edit(&mut self, server: usize, weight: u16) {
        let weight = Weight::from(weight);
        let change = self.servers.edit(address(server), weight.into()).unwrap();
        self.changed(change);
    }

    fn changed(&mut self, change: ListChange) {
        self.model.list_changed(&self.servers, change);
    }

    /// So many connections more to a server.
    pub(super) fn bind(&mut self, server: usize, activity: Activity, connections: usize) {
        let id = self.servers.id_of(address(server)).unwrap();
        for _ in 0..connections {
            self.servers.bind(id, activity);
            let slot = self.servers.slot_of(id).unwrap();
            self.model.load_changed(&self.servers, slot);
        }
    }

    /// The server for the next connection of one and the same client to one and the same address.
    pub(super) fn pick(&mut self) -> Option<usize> {
        self.pick_for(0, 0)
    }

    pub(super) fn pick_of_new_client(&mut self) -> Option<usize> {
        self.clients += 1;
        self.pick_for(self.clients, 0)
    }

    fn pick_for(&mut self, client: u32, destination: u32) -> Option<usize> {
        let client = Ipv4Addr::from_bits(0x0A01_0000 + client);
        let arrival = Arrival {
            at: Duration::ZERO,
            client: SocketAddr::from((client, 40_000)),
            destination: Ipv4Addr::from_bits(0xC0A8_0001 + destination).into(),
        };
        let slot = self.model.pick(&self.servers, &arrival)?;
        Some(self.servers.at(slot).id.index())
    }

    /// A connection to this destination that stays open.
    pub(super) fn open_to(&mut self, destination: u32) -> usize {
        let server = self.pick_for(0, destination).unwrap();
        self.bind(server, Activity::Active, 1);
        server
    }

    /// The servers of so many connections, each of which is over, and forgotten, before the next.
    pub(super) fn serial(&mut self, connections: usize) -> Vec<usize> {
        (0..connections).map(|_| self.pick().unwrap()).collect()
    }

    /// What is open at each server after so many connections that stay open.
    pub(super) fn held(&mut self, connections: usize) -> Vec<u32> {
        for _ in 0..connections {
            let server = self.pick().unwrap();
            self.bind(server, Activity::Active, 1);
        }
        let known = 0..self.servers.ever_known();
        let id = |server| self.servers.id_of(address(server)).unwrap();
        known
            .map(|server| self.servers.get(id(server)).active)
            .collect()
    }
}

fn address(server: usize) -> SocketAddr {
    let number = u32::try_from(server).unwrap();
    SocketAddr::from((Ipv4Addr::from_bits(0xC0A8_0102 + number), 80))
}
