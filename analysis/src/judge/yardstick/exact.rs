//! Schedulers whose every decision is known beforehand.

use super::{Finding, IntervalKind, Run, Yardstick};
use crate::{Interval, Share};

/// Counts must be the model's, but for connections that only one of client and trace has seen; and
/// so must be every single decision that the trace or the connection table names.
#[derive(Debug)]
pub(in crate::judge) struct Exact {
    pub(in crate::judge) shares: Vec<Option<Share>>,
}

impl Yardstick for Exact {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Exact
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        let share = (*self.shares.get(server)?)?;
        Some(Interval::around(share, 0.0))
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        let allowed = run.unseen();
        let servers = 0..run.observation.servers.len();
        let mut off: Vec<_> = servers
            .filter_map(|server| run.count_off(server, allowed))
            .collect();
        let picks = run.expectation.pick_agreement.unwrap_or_default();
        let differing = picks.compared.saturating_sub(picks.agreed);
        if off.is_empty() && differing > allowed {
            off.push(Finding::PicksOff {
                scheduler: run.scheduler(),
                compared: picks.compared,
                differing,
            });
        }
        off
    }

    /// Nothing is left to chance.
    fn too_few(&self, _: &Run<'_>) -> Option<Finding> {
        None
    }
}
