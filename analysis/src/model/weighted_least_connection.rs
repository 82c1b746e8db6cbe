//! wlc: the server with the least load for its weight.

use super::index::Preference;
use super::overhead::is_less_for_its_weight;
use super::tournament_model::TournamentModel;
use super::{Candidate, KernelVersion, Model, Overhead};

/// `net/netfilter/ipvs/ip_vs_wlc.c`, Linux 6.1 to 7.2: load divided by weight, the first in the list
/// on a tie.
pub(super) fn model(overhead: Overhead) -> impl Model {
    TournamentModel::new(WeightedLeastConnection { overhead })
}

/// The order of wlc, which lblc and lblcr use as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightedLeastConnection {
    pub(super) overhead: Overhead,
}

impl WeightedLeastConnection {
    pub(super) fn of_kernel(kernel: KernelVersion) -> Self {
        let overhead = Overhead::of_kernel(kernel);
        Self { overhead }
    }
}

impl Preference for WeightedLeastConnection {
    fn accepts(&self, server: &Candidate) -> bool {
        server.is_eligible()
    }

    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool {
        let load = |server: &Candidate| (self.overhead.of(server), server.weight.get());
        is_less_for_its_weight(load(one), load(other))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn open_connections_follow_the_weights_exactly_in_full_cycles() {
        assert_eq!(Bench::of("wlc", &[4, 1]).held(10), [8, 2]);
        assert_eq!(Bench::of("wlc", &[4, 3, 2]).held(18), [8, 6, 4]);
    }

    #[test]
    fn a_tie_goes_to_the_server_added_last() {
        assert_eq!(Bench::of("wlc", &[4, 1]).pick(), Some(1));
    }

    #[test]
    fn no_eligible_server_refuses() {
        assert_eq!(Bench::of("wlc", &[0, 0]).pick(), None);
    }
}
