//! Schedulers whose shares are exact in cycles.

use super::{Finding, IntervalKind, Run, Yardstick};
use crate::model::Cycle;
use crate::{Interval, Share};

/// Counts must be the model's, but for one incomplete cycle: the phase at which a run enters it
/// depends on every earlier connection and change of the service. Each connection that only one of
/// client and trace has seen is allowed for, too. Such a run decides if it has one whole cycle and
/// what is allowed for is less than the tolerance.
#[derive(Debug)]
pub(in crate::judge) struct Cycles {
    pub(in crate::judge) cycle: Cycle,
    /// Connections that the model scheduled.
    pub(in crate::judge) scheduled: u64,
    /// Those of each server.
    pub(in crate::judge) picks: Vec<u64>,
}

impl Yardstick for Cycles {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Exact
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        let (quota, picks) = (*self.cycle.quotas().get(server)?, *self.picks.get(server)?);
        let slack = Share::of(self.cycle.slack(quota, self.scheduled), self.scheduled)?;
        let centre = Share::of(picks, self.scheduled)?;
        Some(Interval::around(centre, slack.get()))
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        let quotas = self.cycle.quotas().iter().enumerate();
        let off = quotas.filter_map(|(server, &quota)| {
            let allowed = self.cycle.slack(quota, self.scheduled);
            run.count_off(server, allowed.saturating_add(run.unseen()))
        });
        off.collect()
    }

    fn too_few(&self, run: &Run<'_>) -> Option<Finding> {
        let (cycle, connections) = (&self.cycle, self.scheduled);
        let quotas = cycle.quotas().iter();
        let slack = quotas.map(|&quota| cycle.slack(quota, connections)).max();
        let undecided = Share::of(slack.unwrap_or(0), connections)?;
        let needed = cycle.whole_cycles(connections);
        (connections < cycle.length() || undecided > run.tolerance).then_some(
            Finding::TooFewConnections {
                connections,
                needed,
                cycle: Some(cycle.length()),
            },
        )
    }
}
