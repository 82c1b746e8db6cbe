//! The real servers of a case, and what becomes of them.

use std::net::SocketAddr;

use analysis::model::ServerSettings;
use director_setup::{Thresholds, Weight};
use fastrand::Rng;

use super::addresses;
use super::case::{Case, Changes, Limits};
use super::rig::Rig;

/// How often something happens if it happens all the time, in openings.
const CONSTANTLY: usize = 30;
/// The most servers that there are then.
const MOST_SERVERS: usize = 20;
/// Weights that a server may get then, besides small ones.
const ODD_WEIGHTS: [u32; 6] = [0, 0, 100, 300, 65_535, 1_000_000];

/// All servers that the service ever had.
pub struct Servers {
    changes: Changes,
    limits: Limits,
    /// What is planned, the next at the end.
    plan: Vec<(usize, Change)>,
    known: Vec<Server>,
}

struct Server {
    address: SocketAddr,
    settings: ServerSettings,
    is_listed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Weight(usize, u32),
    Remove(usize),
    AddNew(u32),
    AddAgain(usize, u32),
}

impl Servers {
    /// Adds the servers of a case.
    pub fn add(rig: &mut Rig, rng: &mut Rng, case: &Case) -> Self {
        let mut servers = Self {
            changes: case.changes,
            limits: case.limits,
            plan: plan(case),
            known: Vec::new(),
        };
        for &weight in &case.weights {
            servers.add_new(rig, rng, weight);
        }
        servers
    }

    /// Whether the service has a server of this address.
    pub fn is_listed(&self, address: SocketAddr) -> bool {
        let mut known = self.known.iter();
        known.any(|server| server.address == address && server.is_listed)
    }

    /// Does what is due before the opening of this number.
    pub fn change(&mut self, rig: &mut Rig, rng: &mut Rng, opening: usize) {
        match self.changes {
            Changes::None => {}
            Changes::Planned => {
                while let Some((_, change)) = self.plan.pop_if(|(due, _)| *due <= opening) {
                    self.carry_out(rig, rng, change);
                }
            }
            Changes::Constant => {
                if rng.usize(0..CONSTANTLY) == 0 {
                    let change = self.any_change(rng);
                    self.carry_out(rig, rng, change);
                }
            }
        }
    }

    fn any_change(&self, rng: &mut Rng) -> Change {
        let index = rng.usize(0..self.known.len());
        let weight = match rng.choice(ODD_WEIGHTS) {
            Some(odd) if rng.u8(..) < 50 => odd,
            _ => rng.u32(0..20),
        };
        match rng.u8(0..10) {
            _ if !self.known[index].is_listed => Change::AddAgain(index, weight),
            0..6 => Change::Weight(index, weight),
            6..8 if self.known.len() < MOST_SERVERS => Change::AddNew(weight),
            _ => Change::Remove(index),
        }
    }

    fn carry_out(&mut self, rig: &mut Rig, rng: &mut Rng, change: Change) {
        match change {
            Change::AddNew(weight) => self.add_new(rig, rng, weight),
            Change::Weight(index, weight) => {
                let settings = self.settings(rng, weight);
                let server = &mut self.known[index];
                server.settings = settings;
                rig.edit(server.address, settings);
            }
            Change::Remove(index) => {
                let server = &mut self.known[index];
                server.is_listed = false;
                rig.remove(server.address);
            }
            Change::AddAgain(index, weight) => {
                let settings = self.settings(rng, weight);
                let server = &mut self.known[index];
                server.settings = settings;
                server.is_listed = true;
                rig.add(server.address, settings);
            }
        }
    }

    fn add_new(&mut self, rig: &mut Rig, rng: &mut Rng, weight: u32) {
        let server = Server {
            address: addresses::server(self.known.len()),
            settings: self.settings(rng, weight),
            is_listed: true,
        };
        rig.add(server.address, server.settings);
        self.known.push(server);
    }

    fn settings(&self, rng: &mut Rng, weight: u32) -> ServerSettings {
        let thresholds = match self.limits {
            Limits::None => Thresholds::default(),
            Limits::Few => {
                let upper = rng.u32(0..60);
                let lower = if rng.bool() { rng.u32(0..=upper) } else { 0 };
                Thresholds { upper, lower }
            }
        };
        ServerSettings {
            weight: Weight::try_from(weight).expect("it is no larger than the kernel's"),
            thresholds,
        }
    }
}

/// Changes at each tenth of the case.
fn plan(case: &Case) -> Vec<(usize, Change)> {
    let last = case.weights.len() - 1;
    let changes = [
        Change::Weight(0, case.weights[0] / 2 + 3),
        Change::Weight(0, 0),
        Change::Weight(0, case.weights[0]),
        Change::Remove(last),
        Change::AddNew(3),
        Change::AddAgain(last, case.weights[last] / 2 + 1),
        Change::Remove(0),
        Change::AddAgain(0, 0),
        Change::Weight(0, 5),
    ];
    let due = (1..).map(|tenth| case.openings * tenth / 10);
    let mut plan: Vec<_> = due.zip(changes).collect();
    plan.reverse();
    plan
}
