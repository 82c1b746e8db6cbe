//! ovf: the heaviest server until it overflows, then the next.

use super::index::Preference;
use super::tournament_model::TournamentModel;
use super::{Candidate, Model};

/// `net/netfilter/ipvs/ip_vs_ovf.c`, Linux 6.1 to 7.2: the greatest weight among the servers with
/// no more open connections than their weight; the first in the list among equals. So each server
/// takes one more than its weight.
pub(super) fn model() -> impl Model {
    TournamentModel::new(WeightedOverflow)
}

#[derive(Debug)]
struct WeightedOverflow;

impl Preference for WeightedOverflow {
    fn accepts(&self, server: &Candidate) -> bool {
        server.is_eligible() && server.active <= server.weight.get()
    }

    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool {
        one.weight > other.weight
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn each_server_takes_one_more_than_its_weight_and_then_all_refuse() {
        let mut bench = Bench::of("ovf", &[2, 4, 0]);
        assert_eq!(bench.held(5), [0, 5, 0]);
        assert_eq!(bench.held(3), [3, 5, 0]);
        assert_eq!(bench.pick(), None);
    }
}
