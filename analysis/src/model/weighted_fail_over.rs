//! fo: the heaviest server gets everything.

use super::index::Preference;
use super::tournament_model::TournamentModel;
use super::{Candidate, Model};

/// `net/netfilter/ipvs/ip_vs_fo.c`, Linux 6.1 to 7.2: the greatest weight that is not overloaded,
/// the first in the list among equals.
pub(super) fn model() -> impl Model {
    TournamentModel::new(WeightedFailOver)
}

#[derive(Debug)]
struct WeightedFailOver;

impl Preference for WeightedFailOver {
    fn accepts(&self, server: &Candidate) -> bool {
        server.is_eligible()
    }

    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool {
        one.weight > other.weight
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn everything_goes_to_the_heaviest_until_it_has_no_weight() {
        let mut bench = Bench::of("fo", &[1, 3, 3, 0]);
        assert_eq!(bench.serial(3), [2; 3]);
        bench.edit(2, 0);
        assert_eq!(bench.serial(3), [1; 3]);
    }
}
