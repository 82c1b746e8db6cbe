//! Models of the kernel's schedulers: the same decisions from the same state.
//!
//! One file per scheduler. To add one: write its file, name it in [`for_scheduler`], and say in
//! [`cycle`] whether its shares are exact.

mod cycle;
mod least_connection;
mod overhead;
mod round_robin;
mod weighted_least_connection;
mod weighted_round_robin;

use director_setup::{Scheduler, Weight};

pub use cycle::{Cycle, cycle};
pub use overhead::Overhead;

use least_connection::LeastConnection;
use round_robin::RoundRobin;
use weighted_least_connection::WeightedLeastConnection;
use weighted_round_robin::WeightedRoundRobin;

/// What a scheduler sees of one real server when it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Configured weight; 0 gets no new connections.
    pub weight: Weight,
    /// Entries of the connection table in an active state.
    pub active: u32,
    /// Entries in any other state, until they expire.
    pub inactive: u32,
}

impl Candidate {
    /// A real server without connections.
    pub const fn idle(weight: Weight) -> Self {
        Self {
            weight,
            active: 0,
            inactive: 0,
        }
    }

    fn eligible(&self) -> bool {
        self.weight > Weight::ZERO
    }
}

/// One scheduler with its state.
pub trait Model {
    /// The position in `list` of the real server that gets the next connection; `None` refuses it,
    /// because no server has a weight.
    ///
    /// `list` is in the kernel's order: the server added last comes first (`list_add_rcu` in
    /// `__ip_vs_update_dest`, `net/netfilter/ipvs/ip_vs_ctl.c`, Linux 6.1). It must be the same
    /// servers with the same weights at every call.
    fn pick(&mut self, list: &[Candidate]) -> Option<usize>;
}

/// The model of `scheduler`, in the state that the kernel's has when a new service has just got
/// real servers of these `weights`, one after the other in this order.
///
/// `kernel` is a release as `uname -r` gives it. `None`: there is no model of this scheduler yet.
pub fn for_scheduler(
    scheduler: &Scheduler,
    kernel: &str,
    weights: &[Weight],
) -> Option<Box<dyn Model>> {
    let overhead = Overhead::of_kernel(kernel);
    match scheduler {
        Scheduler::RoundRobin => Some(Box::new(RoundRobin::new())),
        Scheduler::WeightedRoundRobin => Some(Box::new(WeightedRoundRobin::new(weights))),
        Scheduler::LeastConnection => Some(Box::new(LeastConnection::new(overhead))),
        Scheduler::WeightedLeastConnection => {
            Some(Box::new(WeightedLeastConnection::new(overhead)))
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) fn weights(numbers: &[u16]) -> Vec<Weight> {
    numbers.iter().copied().map(Weight::from).collect()
}

/// The idle servers of these weights, given in the order of addition, as the kernel lists them.
#[cfg(test)]
pub(crate) fn idle_list(numbers: &[u16]) -> Vec<Candidate> {
    let weights = weights(numbers);
    weights.into_iter().rev().map(Candidate::idle).collect()
}
