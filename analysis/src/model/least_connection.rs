//! lc: the server with the least load; weights do not count.

use super::{Candidate, Model, Overhead};

/// `net/netfilter/ipvs/ip_vs_lc.c`, Linux 6.1: the least overhead wins, the first in the list on a
/// tie.
#[derive(Debug)]
pub(super) struct LeastConnection {
    overhead: Overhead,
}

impl LeastConnection {
    pub(super) fn new(overhead: Overhead) -> Self {
        Self { overhead }
    }
}

impl Model for LeastConnection {
    fn pick(&mut self, list: &[Candidate]) -> Option<usize> {
        let eligible = list
            .iter()
            .enumerate()
            .filter(|(_, server)| server.eligible());
        // `min_by_key` keeps the first of equals.
        let least = eligible.min_by_key(|(_, server)| self.overhead.of(server));
        least.map(|(position, _)| position)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{idle_list, weights};
    use super::*;

    fn candidate(active: u32, inactive: u32) -> Candidate {
        Candidate {
            weight: weights(&[1])[0],
            active,
            inactive,
        }
    }

    fn pick(list: &[Candidate]) -> Option<usize> {
        LeastConnection::new(Overhead::ActiveAndInactive).pick(list)
    }

    #[test]
    fn one_open_connection_weighs_as_much_as_256_closed_ones() {
        assert_eq!(pick(&[candidate(1, 0), candidate(0, 255)]), Some(1));
        assert_eq!(pick(&[candidate(1, 0), candidate(0, 257)]), Some(0));
    }

    #[test]
    fn a_tie_goes_to_the_first_in_the_list_whatever_the_weights() {
        assert_eq!(pick(&idle_list(&[9, 1])), Some(0));
    }

    #[test]
    fn weight_0_is_never_picked() {
        assert_eq!(pick(&idle_list(&[1, 0])), Some(1));
        assert_eq!(pick(&idle_list(&[0])), None);
    }
}
