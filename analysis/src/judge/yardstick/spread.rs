//! How far the model's own shares spread: over seeds, or over orders of arrival.

use std::time::Duration;

use fastrand::Rng;

use crate::observation::{Observation, SegmentKind, Sender, TracedSegment};
use crate::replay::{Prediction, ReplayError, replay};
use crate::statistics::prediction_interval;
use crate::{Interval, Share};

/// Replays of one trace with other random numbers, but for long ones.
const MOST_SEEDS: u64 = 64;
/// Replays of one trace in other orders, but for long ones.
const MOST_ORDERS: u64 = 24;
/// Replays of any trace.
const FEWEST: u64 = 8;
/// Segments to be replayed in all: some ten seconds.
const MOST_SEGMENTS: u64 = 20_000_000;
/// Segments within this time may have reached IPVS in either order: several CPUs work at once.
const SIMULTANEOUS: Duration = Duration::from_micros(10);

/// For each server the mean share over many replays, and where the next will lie.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub(super) shares: Vec<(Share, Interval)>,
    pub(super) replays: u64,
}

impl Spread {
    /// Over the random numbers of a scheduler that draws lots; `None` if nothing is scheduled. The
    /// first replay is there already.
    pub(super) fn over_seeds(
        observation: &Observation,
        first: &Prediction,
    ) -> Result<Option<Self>, ReplayError> {
        let replays = affordable(observation, MOST_SEEDS);
        let others = (1..replays).map(|seed| replay(observation, seed));
        Self::of(first, others, replays)
    }

    /// Over the orders in which near-simultaneous segments may have arrived; `None` if nothing is
    /// scheduled. The replay in the order of the trace is there already.
    pub(super) fn over_orders(
        observation: &Observation,
        first: &Prediction,
    ) -> Result<Option<Self>, ReplayError> {
        let replays = affordable(observation, MOST_ORDERS);
        let mut variant = Observation {
            connection_table: Vec::new(),
            ..observation.clone()
        };
        let others = (1..replays).map(|seed| {
            variant.trace.clone_from(&observation.trace);
            disorder(&mut variant.trace, &mut Rng::with_seed(seed));
            replay(&variant, 0)
        });
        Self::of(first, others, replays)
    }

    fn of(
        first: &Prediction,
        others: impl Iterator<Item = Result<Prediction, ReplayError>>,
        replays: u64,
    ) -> Result<Option<Self>, ReplayError> {
        let mut by_server: Vec<Vec<f64>> = vec![Vec::new(); first.picks.len()];
        let mut take = |prediction: &Prediction| {
            let whole = prediction.scheduled();
            for (shares, &picks) in by_server.iter_mut().zip(&prediction.picks) {
                shares.extend(Share::of(picks, whole).map(Share::get));
            }
        };
        take(first);
        for other in others {
            take(&other?);
        }
        let shares = by_server.iter().map(|shares| prediction_interval(shares));
        let shares = shares.collect::<Option<Vec<_>>>();
        Ok(shares.map(|shares| Self { shares, replays }))
    }

    pub(super) fn interval(&self, server: usize) -> Option<Interval> {
        let (_, interval) = self.shares.get(server)?;
        Some(*interval)
    }

    /// Half the width of the widest interval.
    pub(super) fn reach(&self) -> f64 {
        let reaches = self.shares.iter().map(|(_, interval)| interval.reach());
        reaches.fold(0.0, f64::max)
    }
}

fn affordable(observation: &Observation, most: u64) -> u64 {
    let segments = observation.trace.len().max(1) as u64;
    (MOST_SEGMENTS / segments).clamp(FEWEST, most)
}

/// Every SYN changes places with a near-simultaneous segment before it with a chance of a half.
fn disorder(trace: &mut [TracedSegment], random: &mut Rng) {
    let is_syn = |one: &TracedSegment| one.kind == SegmentKind::Syn && one.from == Sender::Client;
    for later in 1..trace.len() {
        let (one, other) = (trace[later - 1], trace[later]);
        let near = other.at.saturating_sub(one.at) <= SIMULTANEOUS;
        let others = one.client != other.client;
        if near && others && (is_syn(&one) || is_syn(&other)) && random.bool() {
            let (at, earlier) = (other.at, one.at);
            trace[later] = TracedSegment { at, ..one };
            trace[later - 1] = TracedSegment {
                at: earlier,
                ..other
            };
        }
    }
}
