//! lc: the server with the least load; weights do not count.

use super::index::Preference;
use super::tournament_model::TournamentModel;
use super::{Candidate, Model, Overhead};

/// `net/netfilter/ipvs/ip_vs_lc.c`, Linux 6.1 to 7.2: the least overhead wins, the first in the
/// list on a tie.
pub(super) fn model(overhead: Overhead) -> impl Model {
    TournamentModel::new(LeastConnection { overhead })
}

#[derive(Debug)]
struct LeastConnection {
    overhead: Overhead,
}

impl Preference for LeastConnection {
    fn accepts(&self, server: &Candidate) -> bool {
        server.is_eligible()
    }

    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool {
        self.overhead.of(one) < self.overhead.of(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Activity::{Active, Inactive};
    use super::super::tests::Bench;

    #[test]
    fn one_open_connection_weighs_as_much_as_256_closed_ones() {
        let mut bench = Bench::of("lc", &[1, 1]);
        bench.bind(0, Active, 1);
        bench.bind(1, Inactive, 255);
        assert_eq!(bench.pick(), Some(1));
        bench.bind(1, Inactive, 2);
        assert_eq!(bench.pick(), Some(0));
    }

    #[test]
    fn a_tie_goes_to_the_server_added_last_whatever_the_weights() {
        assert_eq!(Bench::of("lc", &[9, 1]).pick(), Some(1));
    }

    #[test]
    fn weight_0_is_never_picked() {
        assert_eq!(Bench::of("lc", &[1, 0]).pick(), Some(0));
        assert_eq!(Bench::of("lc", &[0]).pick(), None);
    }
}
