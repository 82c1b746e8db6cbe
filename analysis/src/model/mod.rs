//! Models of the kernel's schedulers: the same decisions from the same state.
//!
//! One file per scheduler. To add one: write its file, name it in [`for_scheduler`], and say in
//! [`cycle`] whether its shares are exact in cycles and in [`Determinism::of`] what its shares
//! depend on.

mod arrival;
mod cycle;
mod destination_hashing;
mod determinism;
mod hash;
mod index;
mod kernel;
mod least_connection;
mod locality;
mod locality_based;
mod locality_based_replicated;
mod lookup_table;
mod maglev;
mod never_queue;
mod overflow;
mod overhead;
mod power_of_two;
mod round_robin;
mod servers;
mod settings;
mod shortest_expected_delay;
mod source_hashing;
mod table;
#[cfg(test)]
mod tests;
mod tournament_model;
mod weighted_fail_over;
mod weighted_least_connection;
mod weighted_round_robin;

use director_setup::Scheduler;

pub use arrival::Arrival;
pub use cycle::{Cycle, cycle};
pub use determinism::Determinism;
pub use kernel::{KernelVersion, NotARelease};
pub use lookup_table::lookup_table;
pub use maglev::{MAGLEV_TABLE_SIZES, MaglevTableSize, maglev_turns};
pub use overhead::Overhead;
pub use power_of_two::power_of_two_chances;
pub use servers::{
    Activity, Candidate, ListChange, ListError, RealServers, ServerId, ServerSettings, Slot,
};
pub use settings::ModelSettings;
pub use table::{TableShares, table_shares};

/// One scheduler with its state.
pub trait Model {
    /// The slot of the real server that gets the next connection; `None` refuses it.
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot>;

    /// The list of real servers, a weight or a threshold has just changed: `add_dest`, `del_dest`
    /// and `upd_dest` of `struct ip_vs_scheduler`. To be called after every single change.
    fn list_changed(&mut self, servers: &RealServers, change: ListChange);

    /// A listed server's connections, or whether it is overloaded, have just changed. To be called
    /// after every change.
    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        let _ = (servers, slot);
    }
}

/// The model of a service's scheduler, in the state that the kernel's has before the first real
/// server is added; `None`: there is no model of this scheduler.
pub fn for_scheduler(settings: &ModelSettings) -> Option<Box<dyn Model>> {
    let overhead = Overhead::of_kernel(settings.kernel);
    Some(match settings.scheduler {
        Scheduler::RoundRobin => Box::new(round_robin::RoundRobin::new()),
        Scheduler::WeightedRoundRobin => Box::new(weighted_round_robin::WeightedRoundRobin::new()),
        Scheduler::LeastConnection => Box::new(least_connection::model(overhead)),
        Scheduler::WeightedLeastConnection => Box::new(weighted_least_connection::model(overhead)),
        Scheduler::ShortestExpectedDelay => Box::new(shortest_expected_delay::model()),
        Scheduler::NeverQueue => Box::new(never_queue::NeverQueue::new()),
        Scheduler::WeightedFailOver => Box::new(weighted_fail_over::model()),
        Scheduler::WeightedOverflow => Box::new(overflow::model()),
        Scheduler::DestinationHashing => Box::new(destination_hashing::DestinationHashing::new()),
        Scheduler::SourceHashing => Box::new(source_hashing::SourceHashing::new(settings.flags)),
        Scheduler::MaglevHashing => {
            Box::new(maglev::Maglev::new(settings.flags, settings.maglev_table))
        }
        Scheduler::LocalityBasedLeastConnection => {
            Box::new(locality_based::LocalityBased::new(settings.kernel))
        }
        Scheduler::LocalityBasedLeastConnectionReplication => {
            Box::new(locality_based_replicated::Replicated::new(settings.kernel))
        }
        Scheduler::PowerOfTwo => Box::new(power_of_two::PowerOfTwo::new(overhead, settings.seed)),
        // A name that the kernel does not have, or one that `Scheduler` has grown since.
        _ => return None,
    })
}
