//! A scheduler that draws lots.

use super::{Finding, IntervalKind, Run, Yardstick};
use crate::observation::Observation;
use crate::replay::{Prediction, ReplayError, replay};
use crate::statistics::prediction_interval;
use crate::{Interval, Share};

/// Replays of one trace, but for long ones.
const MOST_SEEDS: u64 = 64;
/// Replays of any trace.
const FEWEST_SEEDS: u64 = 8;
/// Segments to be replayed in all: some ten seconds.
const MOST_SEGMENTS: u64 = 20_000_000;

/// Shares must be within the tolerance of where 99.9 % of replays with other seeds lie. A run
/// decides if these lie within the tolerance of their mean.
#[derive(Debug)]
pub(in crate::judge) struct Seeds {
    /// For each server the mean share over all seeds, and where the next will lie.
    pub(in crate::judge) shares: Vec<(Share, Interval)>,
    /// Replays with a seed of their own.
    pub(in crate::judge) seeds: u64,
}

impl Seeds {
    /// Replays the observation's trace with many seeds; `None` if nothing is scheduled. Its first
    /// replay is there already.
    pub(in crate::judge) fn of(
        observation: &Observation,
        first: &Prediction,
    ) -> Result<Option<Self>, ReplayError> {
        let segments = observation.trace.len().max(1) as u64;
        let seeds = (MOST_SEGMENTS / segments).clamp(FEWEST_SEEDS, MOST_SEEDS);
        let mut by_server: Vec<Vec<f64>> = vec![Vec::new(); observation.servers.len()];
        let mut take = |prediction: &Prediction| {
            let whole = prediction.scheduled();
            for (shares, &picks) in by_server.iter_mut().zip(&prediction.picks) {
                shares.extend(Share::of(picks, whole).map(Share::get));
            }
        };
        take(first);
        for seed in 1..seeds {
            take(&replay(observation, seed)?);
        }
        let shares = by_server.iter().map(|shares| prediction_interval(shares));
        let shares = shares.collect::<Option<Vec<_>>>();
        Ok(shares.map(|shares| Self { shares, seeds }))
    }
}

impl Yardstick for Seeds {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Seeds
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        let (_, interval) = self.shares.get(server)?;
        Some(*interval)
    }

    fn seeds(&self) -> Option<u64> {
        Some(self.seeds)
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
        let reaches = self.shares.iter().map(|(_, interval)| interval.reach());
        let reach = reaches.fold(0.0, f64::max);
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
