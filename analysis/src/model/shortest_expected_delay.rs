//! sed: the server that would be done soonest if it got the connection.

use super::index::Preference;
use super::overhead::is_less_for_its_weight;
use super::tournament_model::TournamentModel;
use super::{Candidate, Model};

/// `net/netfilter/ipvs/ip_vs_sed.c`, Linux 6.1 to 7.2: open connections and one more, divided by
/// weight; the first in the list on a tie. Closed connections do not count.
pub(super) fn model() -> impl Model {
    TournamentModel::new(ShortestExpectedDelay)
}

/// The order of sed, which nq falls back on.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShortestExpectedDelay;

impl Preference for ShortestExpectedDelay {
    fn accepts(&self, server: &Candidate) -> bool {
        server.is_eligible()
    }

    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool {
        let delay = |server: &Candidate| (u64::from(server.active) + 1, server.weight.get());
        is_less_for_its_weight(delay(one), delay(other))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn one_connection_at_a_time_always_goes_to_the_heaviest() {
        assert_eq!(Bench::of("sed", &[1, 4, 2]).serial(6), [1; 6]);
    }

    #[test]
    fn held_connections_follow_the_weights() {
        assert_eq!(Bench::of("sed", &[4, 3, 2]).held(18), [8, 6, 4]);
    }
}
