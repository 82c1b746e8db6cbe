//! What has to hold of every model.

use std::time::Duration;

use analysis::Share;
use analysis::director::{Connection, Director};
use analysis::model::{Activity, cycle};
use director_setup::{Scheduler, Weight};
use proptest::prelude::*;

use crate::comparison::{arrival, director, settings};
use crate::sequence::{SERVERS, Sequence, Server, Step, address, any_sequence};

/// A director that goes through a sequence by itself.
struct Driven {
    director: Director,
    connections: Vec<Connection>,
    now: u64,
}

impl Driven {
    fn new(scheduler: &str, sequence: &Sequence) -> Self {
        Self {
            director: director(scheduler, sequence),
            connections: Vec::new(),
            now: 0,
        }
    }

    /// Takes a step; gives the weight of the server that a connection went to.
    fn take(&mut self, step: Step) -> Option<Weight> {
        match step {
            Step::Configure(server, to) => self.configure(server, to),
            Step::Remove(server) => {
                // Refused if the server is not there, which changes nothing.
                let _ = self.director.remove(address(server));
            }
            Step::Connect {
                client,
                port,
                destination,
                wait,
                becomes_active,
            } => {
                self.now += wait;
                let (arrival, _) = arrival(self.now, client, port, destination);
                let mut connection = self.director.schedule(&arrival)?;
                let picked = self.director.servers().get(connection.server()).weight;
                if becomes_active {
                    self.director
                        .set_activity(&mut connection, Activity::Active);
                }
                self.connections.push(connection);
                return Some(picked);
            }
            Step::Activate(one) => self.set_activity(one, Activity::Active),
            Step::Deactivate(one) => self.set_activity(one, Activity::Inactive),
            Step::Forget(one) => {
                if !self.connections.is_empty() {
                    let place = one % self.connections.len();
                    let connection = self.connections.swap_remove(place);
                    let now = Duration::from_secs(self.now);
                    self.director.release(connection, now);
                }
            }
        }
        None
    }

    fn configure(&mut self, server: usize, to: Server) {
        let (server, to) = (address(server), settings(to));
        let added = self.director.add(server, to);
        if added.is_err() {
            let edited = self.director.edit(server, to);
            edited.expect("the server is there");
        }
    }

    fn set_activity(&mut self, one: usize, to: Activity) {
        if !self.connections.is_empty() {
            let place = one % self.connections.len();
            self.director.set_activity(&mut self.connections[place], to);
        }
    }

    fn weights(&self) -> Vec<Weight> {
        let list = self.director.servers().list().iter();
        list.map(|server| server.weight).collect()
    }

    /// Connections that are over and forgotten before the next, for each server by slot.
    fn serial(&mut self, connections: u64) -> Vec<u64> {
        let mut picks = vec![0; self.director.servers().list().len()];
        for _ in 0..connections {
            let (arrival, _) = arrival(self.now, 0, 1024, 0);
            let Some(connection) = self.director.schedule(&arrival) else {
                continue;
            };
            let slot = self.director.servers().slot_of(connection.server());
            picks[slot.expect("a picked server is listed")] += 1;
            let now = Duration::from_secs(self.now);
            self.director.release(connection, now);
        }
        picks
    }
}

fn any_scheduler() -> impl Strategy<Value = (&'static str, Sequence)> {
    let known = Scheduler::KNOWN.iter().map(Scheduler::name);
    let names: Vec<&'static str> = known.collect();
    prop::sample::select(names).prop_flat_map(|name| (Just(name), any_sequence(name)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn weight_0_is_never_picked_in_any_state((scheduler, sequence) in any_scheduler()) {
        let mut driven = Driven::new(scheduler, &sequence);
        for &step in &sequence.steps {
            prop_assert_ne!(driven.take(step), Some(Weight::ZERO), "{}", scheduler);
        }
    }

    #[test]
    fn without_a_server_that_has_a_weight_everything_is_refused(
        (scheduler, sequence) in any_scheduler(),
        removed in any::<bool>(),
    ) {
        let mut driven = Driven::new(scheduler, &sequence);
        for &step in &sequence.steps {
            driven.take(step);
        }
        let listed = driven.director.servers().list().to_vec();
        for server in listed {
            let changed = if removed {
                driven.director.remove(server.address)
            } else {
                driven.director.edit(server.address, Weight::ZERO.into())
            };
            changed.unwrap();
        }
        for client in 0..20 {
            let (arrival, _) = arrival(driven.now, client, 1024, client);
            prop_assert_eq!(driven.director.schedule(&arrival), None, "{}", scheduler);
        }
    }

    /// Whatever was configured, picked and overloaded before; thresholds are lifted for the cycle.
    #[test]
    fn wrr_owes_and_gives_its_weight_by_the_divisor_in_every_full_cycle(
        sequence in any_sequence("wrr"),
        weights in prop::collection::vec(0u16..40, 1..7),
        before in 0u64..200,
    ) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        let mut driven = Driven::new("wrr", &sequence);
        for &step in &sequence.steps {
            driven.take(step);
        }
        for number in weights.len()..SERVERS {
            driven.take(Step::Remove(number));
        }
        for (number, &weight) in weights.iter().enumerate() {
            let server = Server { weight: weight.into(), upper: 0, lower: 0 };
            driven.configure(number, server);
        }
        let weights = driven.weights();
        let cycle = cycle(&Scheduler::WeightedRoundRobin, &weights).unwrap();
        driven.serial(before);
        prop_assume!(cycle.length() < 100_000);
        prop_assert_eq!(driven.serial(cycle.length()), cycle.quotas());
    }

    #[test]
    fn shares_of_what_was_picked_sum_to_1(
        (scheduler, sequence) in any_scheduler(),
    ) {
        let mut driven = Driven::new(scheduler, &sequence);
        for &step in &sequence.steps {
            driven.take(step);
        }
        let picks = driven.serial(1_000);
        let all = picks.iter().sum();
        let shares: Option<Vec<Share>> = picks.iter().map(|&one| Share::of(one, all)).collect();
        match shares {
            Some(shares) if !shares.is_empty() => {
                let sum: f64 = shares.into_iter().map(Share::get).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12, "{} of {}", sum, scheduler);
            }
            _ => prop_assert_eq!(all, 0),
        }
    }
}
