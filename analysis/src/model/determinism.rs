//! What a scheduler's shares depend on.

use director_setup::Scheduler;

/// What decides the shares of a scheduler, and hence what may be expected of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Determinism {
    /// The number of connections alone: shares are exact in every full cycle (rr, wrr).
    Cycle,
    /// Weights and thresholds alone: one server gets everything (fo).
    Configuration,
    /// Each connection's addresses: shares are those of the distinct keys (dh, sh, mh).
    Key,
    /// What is open at each instant (lc, wlc, sed, nq, ovf), with a memory of earlier decisions
    /// for each destination address in lblc and lblcr.
    Load,
    /// What is open, and chance (twos).
    LoadAndChance,
}

impl Determinism {
    /// What the shares of `scheduler` depend on; `None` if it has no model.
    pub const fn of(scheduler: &Scheduler) -> Option<Self> {
        Some(match scheduler {
            Scheduler::RoundRobin | Scheduler::WeightedRoundRobin => Self::Cycle,
            Scheduler::WeightedFailOver => Self::Configuration,
            Scheduler::DestinationHashing | Scheduler::SourceHashing | Scheduler::MaglevHashing => {
                Self::Key
            }
            Scheduler::LeastConnection
            | Scheduler::WeightedLeastConnection
            | Scheduler::ShortestExpectedDelay
            | Scheduler::NeverQueue
            | Scheduler::WeightedOverflow
            | Scheduler::LocalityBasedLeastConnection
            | Scheduler::LocalityBasedLeastConnectionReplication => Self::Load,
            Scheduler::PowerOfTwo => Self::LoadAndChance,
            _ => return None,
        })
    }
}
