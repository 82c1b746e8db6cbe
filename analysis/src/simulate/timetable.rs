//! The changes of the list, and what the weights owe each server between them.

use std::collections::VecDeque;

use director_setup::Weight;

use super::plan::{Change, Moment, Plan, PlannedChange, Presence};
use super::span::nanoseconds;

/// The changes that are still to come.
#[derive(Debug)]
pub(super) struct Timetable {
    by_connections: VecDeque<(u64, PlannedChange)>,
    /// In nanoseconds.
    by_time: VecDeque<(u64, PlannedChange)>,
}

impl Timetable {
    /// Changes of one moment happen in the order of the plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let (mut by_connections, mut by_time) = (Vec::new(), Vec::new());
        for &change in &plan.changes {
            match change.when {
                Moment::Connections(n) => by_connections.push((n, change)),
                Moment::Time(at) => by_time.push((nanoseconds(at), change)),
            }
        }
        for list in [&mut by_connections, &mut by_time] {
            list.sort_by_key(|&(moment, _)| moment);
        }
        Self {
            by_connections: by_connections.into(),
            by_time: by_time.into(),
        }
    }

    /// A change whose moment has come.
    pub(super) fn due(&mut self, connections: u64, now: u64) -> Option<PlannedChange> {
        let next_of = |list: &mut VecDeque<(u64, PlannedChange)>, reached: u64| {
            let is_due = list.front().is_some_and(|&(moment, _)| moment <= reached);
            if is_due { list.pop_front() } else { None }
        };
        let due = next_of(&mut self.by_connections, connections);
        let (_, change) = due.or_else(|| next_of(&mut self.by_time, now))?;
        Some(change)
    }
}

/// What each server would get if every connection followed the weights of its time.
#[derive(Debug)]
pub(super) struct Owed {
    /// By place in the plan; 0 if it is not listed.
    weights: Vec<u32>,
    connections: Vec<f64>,
    since: u64,
}

impl Owed {
    pub(super) fn of(plan: &Plan) -> Self {
        let listed = plan.servers.iter().map(|server| match server.presence {
            Presence::FromTheStart => server.weight.get(),
            Presence::Later => 0,
        });
        Self {
            weights: listed.collect(),
            connections: vec![0.0; plan.servers.len()],
            since: 0,
        }
    }

    /// After so many connections in all.
    pub(super) fn count_up_to(&mut self, connections: u64) {
        let now = (connections - self.since) as f64;
        self.since = connections;
        let sum: u64 = self.weights.iter().map(|&weight| u64::from(weight)).sum();
        if sum > 0 {
            for (owed, &weight) in self.connections.iter_mut().zip(&self.weights) {
                *owed += now * f64::from(weight) / sum as f64;
            }
        }
    }

    /// From here on.
    pub(super) fn change(&mut self, change: PlannedChange) {
        self.weights[change.server] = match change.change {
            Change::Weight(weight) | Change::Add(weight) => weight,
            Change::Remove => Weight::ZERO,
        }
        .get();
    }

    /// The part of each server; `None` if no server had a weight when connections came.
    pub(super) fn shares(&self) -> Option<Vec<f64>> {
        let sum: f64 = self.connections.iter().sum();
        let share = |owed: &f64| owed / sum;
        (sum > 0.0).then(|| self.connections.iter().map(share).collect())
    }
}
