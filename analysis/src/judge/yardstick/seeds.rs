//! A scheduler that draws lots.

use super::spread::Spread;
use super::{Finding, IntervalKind, Run, Yardstick};
use crate::observation::Observation;
use crate::replay::{Prediction, ReplayError};
use crate::{Interval, Share};

/// Shares must be within the tolerance of where 99.9 % of replays with other seeds lie. A run
/// decides if these lie within the tolerance of their mean.
#[derive(Debug)]
pub(in crate::judge) struct Seeds {
    spread: Spread,
}

impl Seeds {
    /// Replays the observation's trace with many seeds; `None` if nothing is scheduled. Its first
    /// replay is there already.
    pub(in crate::judge) fn of(
        observation: &Observation,
        first: &Prediction,
    ) -> Result<Option<Self>, ReplayError> {
        let spread = Spread::over_seeds(observation, first)?;
        Ok(spread.map(|spread| Self { spread }))
    }

    /// The mean share of each server.
    pub(in crate::judge) fn means(&self) -> Vec<Share> {
        let shares = self.spread.shares.iter();
        shares.map(|(mean, _)| *mean).collect()
    }
}

impl Yardstick for Seeds {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Seeds
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        self.spread.interval(server)
    }

    fn seeds(&self) -> Option<u64> {
        Some(self.spread.replays)
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        let off = run
            .shares()
            .filter_map(|(index, server, observed, expected)| {
                let interval = self.expected_interval(index)?;
                interval
                    .excludes(observed, run.tolerance)
                    .then(|| Finding::ShareOff {
                        server: server.name.clone(),
                        observed,
                        expected,
                        interval,
                        tolerance: run.tolerance,
                    })
            });
        off.collect()
    }

    /// The spread shrinks at least with the square root of the number of connections.
    fn too_few(&self, run: &Run<'_>) -> Option<Finding> {
        let reach = self.spread.reach();
        let tolerance = run.tolerance.get().max(0.001);
        if reach <= tolerance {
            return None;
        }
        let needed = run.observed as f64 * (reach / tolerance).powi(2);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is above 0, and a cast of a greater number gives the greatest"
        )]
        let needed = needed.ceil() as u64;
        Some(Finding::TooFewConnections {
            connections: run.observed,
            needed,
            cycle: None,
        })
    }
}
