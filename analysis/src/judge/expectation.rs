//! What the shares should have been.

use super::Finding;
use crate::Share;
use crate::director::NoModel;
use crate::model::{self, Cycle};
use crate::observation::{CounterState, LoadObservation, Observation};
use crate::replay::{PickAgreement, Prediction, ReplayError, replay};

/// Connections by which trace and kernel may differ, and whose end the trace may lack, however
/// short the run: the kernel's counters and the trace do not begin and end at the same instant.
const LITTLE: u64 = 2;
/// The same for long runs, as a part of the connections: one in a hundred.
const LITTLE_PART: u64 = 100;

/// The model's answer for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Connections of each server, in the order of the observation.
    pub(crate) picks: Vec<u64>,
    /// Present if the scheduler's shares are exact.
    pub(crate) cycle: Option<Cycle>,
    pub(crate) pick_agreement: Option<PickAgreement>,
}

impl Expectation {
    /// Replays the observation's trace, or says why there is nothing to expect.
    pub(crate) fn of(observation: &Observation) -> Result<Self, Finding> {
        let scheduler = &observation.service.scheduler;
        let prediction = replay(observation, 0).map_err(|error| match error {
            ReplayError::NoModel(NoModel(scheduler)) => Finding::NoModel { scheduler },
            ReplayError::Servers(error) => Finding::Contradiction {
                what: error.to_string(),
            },
        })?;
        is_complete(&prediction, observation)?;
        let weights: Vec<_> = observation.servers.iter().map(|one| one.weight).collect();
        Ok(Self {
            picks: prediction.picks,
            cycle: model::cycle(scheduler, &weights),
            pick_agreement: prediction.pick_agreement,
        })
    }

    /// Connections that the model scheduled; above 0.
    pub(crate) fn scheduled(&self) -> u64 {
        self.picks.iter().sum()
    }

    /// Expected share of each server.
    pub(crate) fn shares(&self) -> impl Iterator<Item = Option<Share>> {
        let scheduled = self.scheduled();
        self.picks
            .iter()
            .map(move |&picks| Share::of(picks, scheduled))
    }

    /// Whether the kernel's single decisions are known and so like the model's that they bound
    /// every difference of shares by the tolerance, however few they are.
    pub(crate) fn is_proved_pick_by_pick(&self, tolerance: Share) -> bool {
        self.pick_agreement.is_some_and(|picks| {
            let differing = Share::of(picks.compared - picks.agreed, picks.compared);
            picks.compared == self.scheduled() && differing.is_some_and(|part| part <= tolerance)
        })
    }
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
    if differing.max(unclosed) > LITTLE.max(kernel / LITTLE_PART) {
        Err(Finding::TraceIncomplete {
            traced,
            kernel,
            unclosed,
        })
    } else if traced == 0 {
        Err(Finding::NothingScheduled)
    } else {
        Ok(())
    }
}

/// Whether the client closed every connection that it opened: then the trace has an end for each.
fn leaves_nothing_open(load: &LoadObservation) -> bool {
    !load.keep_alive
        && load.stopped_early.is_none()
        && load.requests_completed >= load.requests_planned
}
