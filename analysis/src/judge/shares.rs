//! Observed against expected shares.
//!
//! Two rules, by the kind of scheduler:
//!
//! - **Exact** (rr, wrr): counts are compared. Over whole cycles they must be equal; the rest of a
//!   cycle is allowed for, because the phase at which a run enters it depends on every earlier
//!   connection and change of the service; and so is each connection that only one of client and
//!   trace has seen. Such a run decides if it has one whole cycle and what is allowed for is less
//!   than the tolerance.
//! - **Load-dependent** (lc, wlc): shares are compared. The replay is exact when connections come
//!   one at a time; with more, near ties may fall the other way. A share fails only if its whole
//!   95 % Wilson interval lies outside expected ± tolerance. The interval treats connections as
//!   independent draws, which is wider than what the scheduler really does, so it is careful about
//!   failing. A run decides if n ≥ z²p(1−p)/e² for every server (p expected share, e tolerance), or
//!   if the server of every connection is known and these are the model's, one by one, but
//!   for less than the tolerance.

use super::{Expectation, Finding};
use crate::interval::connections_to_decide;
use crate::model::Cycle;
use crate::observation::{Observation, ServerObservation};
use crate::{Interval, Share};

/// The findings on shares of a run in which every real server answers.
pub(super) fn findings(observation: &Observation, expectation: &Expectation) -> Vec<Finding> {
    let run = Run {
        observation,
        expectation,
        observed: observation.client_connections(),
        tolerance: Share::clamped(observation.tolerance),
    };
    if run.observed == 0 {
        return Vec::new();
    }
    let (off, too_few) = match &expectation.cycle {
        Some(cycle) => (run.counts_off(cycle), run.too_few_cycles(cycle)),
        None => (run.shares_off(), run.too_few_draws()),
    };
    if off.is_empty() {
        too_few.into_iter().collect()
    } else {
        off
    }
}

struct Run<'a> {
    observation: &'a Observation,
    expectation: &'a Expectation,
    observed: u64,
    tolerance: Share,
}

impl Run<'_> {
    fn counts_off(&self, cycle: &Cycle) -> Vec<Finding> {
        let scheduled = self.expectation.scheduled();
        let unseen = scheduled.abs_diff(self.observed);
        let servers = self.observation.servers.iter();
        let expected = self.expectation.picks.iter().zip(cycle.quotas());
        let count_off = |(server, (&expected, &quota)): (&ServerObservation, (&u64, &u64))| {
            let allowed = cycle.slack(quota, scheduled) + unseen;
            let observed = server.client_connections;
            (observed.abs_diff(expected) > allowed).then(|| Finding::CountOff {
                scheduler: self.observation.service.scheduler.to_string(),
                server: server.name.clone(),
                observed,
                expected,
                allowed,
            })
        };
        servers.zip(expected).filter_map(count_off).collect()
    }

    fn too_few_cycles(&self, cycle: &Cycle) -> Option<Finding> {
        let connections = self.expectation.scheduled();
        let quotas = cycle.quotas().iter();
        let slack = quotas.map(|&quota| cycle.slack(quota, connections)).max();
        let undecided = Share::of(slack.unwrap_or(0), connections)?;
        let needed = cycle.whole_cycles(connections);
        (connections < cycle.length() || undecided > self.tolerance).then_some(
            Finding::TooFewConnections {
                connections,
                needed,
            },
        )
    }

    fn shares_off(&self) -> Vec<Finding> {
        let servers = self.observation.servers.iter();
        let share_off = |(server, expected): (&ServerObservation, Option<Share>)| {
            let expected = expected?;
            let observed = Share::of(server.client_connections, self.observed)?;
            let interval = Interval::wilson(server.client_connections, self.observed)?;
            interval
                .excludes(expected, self.tolerance)
                .then(|| Finding::ShareOff {
                    server: server.name.clone(),
                    observed,
                    expected,
                    interval,
                    tolerance: self.tolerance,
                })
        };
        servers
            .zip(self.expectation.shares())
            .filter_map(share_off)
            .collect()
    }

    fn too_few_draws(&self) -> Option<Finding> {
        if self.expectation.is_proved_pick_by_pick(self.tolerance) {
            return None;
        }
        let shares = self.expectation.shares().flatten();
        let needed = shares
            .map(|share| connections_to_decide(share, self.tolerance))
            .max()?;
        (self.observed < needed).then_some(Finding::TooFewConnections {
            connections: self.observed,
            needed,
        })
    }
}
