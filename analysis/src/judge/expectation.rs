//! What the shares should have been.

use super::keys::KeyPopulation;
use super::yardstick::{Cycles, Draws, Exact, Seeds, Table, Yardstick};
use super::{Finding, contradictions, refusals};
use crate::Share;
use crate::director::NoModel;
use crate::model::{self, Cycle, Determinism};
use crate::observation::{CounterState, LoadObservation, Observation};
use crate::replay::{PickAgreement, Prediction, ReplayError, replay};

/// Connections by which trace and kernel may differ, and whose end the trace may lack, however
/// short the run: the kernel's counters and the trace do not begin and end at the same instant.
const LITTLE: u64 = 2;
/// The same for long runs, as a part of the connections: one in a hundred.
const LITTLE_PART: u64 = 100;

/// The model's answer for one run.
#[derive(Debug)]
pub(crate) struct Expectation {
    /// Connections of each server, in the order of the observation.
    pub(crate) picks: Vec<u64>,
    /// Share of each server, in the order of the observation.
    pub(crate) shares: Vec<Option<Share>>,
    /// Connections that the scheduler refuses.
    pub(crate) refused: u64,
    /// Present if the scheduler's shares are exact in cycles.
    pub(crate) cycle: Option<Cycle>,
    /// Absent for a scheduler that draws lots.
    pub(crate) pick_agreement: Option<PickAgreement>,
    /// Present for hashing schedulers without persistence.
    pub(crate) keys: Option<KeyPopulation>,
    /// How observed shares are compared with these.
    pub(crate) yardstick: Box<dyn Yardstick>,
}

impl Expectation {
    /// Replays the observation's trace, or says why there is nothing to expect.
    pub(crate) fn of(observation: &Observation) -> Result<Self, Finding> {
        if let Some(contradiction) = contradictions::find(observation) {
            return Err(contradiction);
        }
        let prediction = replay(observation, 0).map_err(impossible)?;
        let keys = observation
            .service
            .persistence
            .is_none()
            .then(|| KeyPopulation::of(observation))
            .flatten();
        match (is_complete(&prediction, observation), keys) {
            (Ok(()), keys) => Self::from_replay(observation, &prediction, keys),
            (Err(why @ Finding::TraceIncomplete { .. }), Some(keys)) if is_steady(observation) => {
                Self::from_table(observation, keys).ok_or(why)
            }
            (Err(why), _) => Err(why),
        }
    }

    fn from_replay(
        observation: &Observation,
        prediction: &Prediction,
        keys: Option<KeyPopulation>,
    ) -> Result<Self, Finding> {
        let scheduled = prediction.scheduled();
        let picks = prediction.picks.iter();
        let shares: Vec<_> = picks.map(|&picks| Share::of(picks, scheduled)).collect();
        let exact = Exact {
            shares: shares.clone(),
        };
        let mut expectation = Self {
            shares,
            refused: prediction.refused,
            cycle: None,
            pick_agreement: prediction.pick_agreement,
            keys,
            yardstick: Box::new(exact),
            picks: prediction.picks.clone(),
        };
        match Determinism::of(&observation.service.scheduler) {
            Some(Determinism::Configuration | Determinism::Key) if is_steady(observation) => {}
            Some(Determinism::Cycle) if is_steady(observation) => {
                expectation.use_cycle(observation);
            }
            Some(Determinism::LoadAndChance) => {
                expectation.use_seeds(observation, prediction)?;
            }
            _ => {
                let draws = Draws::new(observation, prediction).map_err(impossible)?;
                expectation.yardstick = Box::new(draws);
            }
        }
        Ok(expectation)
    }

    fn use_cycle(&mut self, observation: &Observation) {
        let weights: Vec<_> = observation.servers.iter().map(|one| one.weight).collect();
        self.cycle = model::cycle(&observation.service.scheduler, &weights);
        if let Some(cycle) = &self.cycle {
            self.yardstick = Box::new(Cycles {
                cycle: cycle.clone(),
                scheduled: self.scheduled(),
                picks: self.picks.clone(),
            });
        }
    }

    fn use_seeds(&mut self, observation: &Observation, first: &Prediction) -> Result<(), Finding> {
        self.pick_agreement = None;
        let Some(seeds) = Seeds::of(observation, first).map_err(impossible)? else {
            return Ok(());
        };
        let means = seeds.means();
        self.picks = apportion(self.scheduled(), &means);
        self.shares = means.into_iter().map(Some).collect();
        self.yardstick = Box::new(seeds);
        Ok(())
    }

    /// What the table gives as many connections as IPVS counted; `None` if no key is known, or
    /// all are refused.
    fn from_table(observation: &Observation, keys: KeyPopulation) -> Option<Self> {
        let table = keys.servers.iter().map(|one| one.table_share);
        let served: f64 = table.clone().map(Share::get).sum();
        if keys.distinct == 0 || served <= 0.0 {
            return None;
        }
        let shares: Vec<_> = table
            .map(|share| Share::clamped(share.get() / served))
            .collect();
        Some(Self {
            picks: apportion(observation.kernel_connections(), &shares),
            shares: shares.into_iter().map(Some).collect(),
            refused: 0,
            cycle: None,
            pick_agreement: None,
            yardstick: Box::new(Table { keys: keys.clone() }),
            keys: Some(keys),
        })
    }

    /// Connections that the model scheduled.
    pub(crate) fn scheduled(&self) -> u64 {
        let picks = self.picks.iter();
        picks.fold(0, |sum, &picks| sum.saturating_add(picks))
    }

    /// Whether the kernel's single decisions are known and so like the model's that they bound
    /// every difference of shares by the tolerance, however few they are.
    pub(crate) fn is_proved_pick_by_pick(&self, tolerance: Share) -> bool {
        self.pick_agreement.is_some_and(|picks| {
            let differing = picks.compared.saturating_sub(picks.agreed);
            let differing = Share::of(differing, picks.compared);
            picks.compared == self.scheduled() && differing.is_some_and(|part| part <= tolerance)
        })
    }
}

fn impossible(error: ReplayError) -> Finding {
    match error {
        ReplayError::NoModel(NoModel(scheduler)) => Finding::NoModel { scheduler },
        ReplayError::Servers(error) => Finding::Contradiction {
            what: error.to_string(),
        },
    }
}

/// Whether every connection is scheduled, over servers that are never full: without persistence,
/// and with no threshold that so many connections reach.
fn is_steady(observation: &Observation) -> bool {
    let connections = observation.kernel_connections();
    let mut uppers = observation.servers.iter().map(|one| one.thresholds.upper);
    let is_reached = uppers.any(|upper| upper > 0 && u64::from(upper) <= connections);
    observation.service.persistence.is_none() && !is_reached
}

/// Whole connections by these shares, by largest remainder; ties go to the earlier server.
fn apportion(whole: u64, shares: &[Share]) -> Vec<u64> {
    let exact: Vec<f64> = shares
        .iter()
        .map(|share| share.get() * whole as f64)
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number is no greater than that"
    )]
    let mut parts: Vec<u64> = exact.iter().map(|part| part.floor() as u64).collect();
    let given = parts
        .iter()
        .fold(0u64, |sum, &part| sum.saturating_add(part));
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let left = usize::try_from(whole.saturating_sub(given)).unwrap_or(usize::MAX);
    for server in order.into_iter().take(left) {
        parts[server] += 1;
    }
    parts
}

fn is_complete(prediction: &Prediction, observation: &Observation) -> Result<(), Finding> {
    let traced = prediction.scheduled();
    let kernel = observation.kernel_connections();
    let differing = match observation.counters {
        CounterState::Settled => traced.abs_diff(kernel),
        // Late counters say nothing about what they do not show yet.
        CounterState::Behind => kernel.saturating_sub(traced),
    };
    let unclosed = if leaves_nothing_open(&observation.load) {
        prediction.still_active
    } else {
        0
    };
    if differing.max(unclosed) > little(kernel) {
        Err(Finding::TraceIncomplete {
            traced,
            kernel,
            unclosed,
        })
    } else if traced == 0 && !refusals::are_expected(&observation.load, prediction.refused) {
        Err(Finding::NothingScheduled)
    } else {
        Ok(())
    }
}

/// By how many connections witnesses of so many may differ.
pub(super) fn little(connections: u64) -> u64 {
    LITTLE.max(connections / LITTLE_PART)
}

/// Whether the client closed every connection that it opened: then the trace has an end for each.
fn leaves_nothing_open(load: &LoadObservation) -> bool {
    !load.keep_alive
        && load.stopped_early.is_none()
        && load.requests_completed >= load.requests_planned
}
