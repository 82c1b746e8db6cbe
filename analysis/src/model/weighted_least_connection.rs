//! wlc: the server with the least load for its weight.

use super::{Candidate, Model, Overhead};

/// `net/netfilter/ipvs/ip_vs_wlc.c`, Linux 6.1: load divided by weight, compared by
/// cross-multiplication; a later server wins only if it is strictly better.
#[derive(Debug)]
pub(super) struct WeightedLeastConnection {
    overhead: Overhead,
}

impl WeightedLeastConnection {
    pub(super) fn new(overhead: Overhead) -> Self {
        Self { overhead }
    }

    /// Whether `one` has strictly less load for its weight than `other`.
    fn less_loaded(&self, one: &Candidate, other: &Candidate) -> bool {
        let product = |load_of: &Candidate, weight_of: &Candidate| {
            u128::from(self.overhead.of(load_of)) * u128::from(weight_of.weight.get())
        };
        product(one, other) < product(other, one)
    }
}

impl Model for WeightedLeastConnection {
    fn pick(&mut self, list: &[Candidate]) -> Option<usize> {
        let eligible = list
            .iter()
            .enumerate()
            .filter(|(_, server)| server.eligible());
        let least = eligible.reduce(|least, next| {
            if self.less_loaded(next.1, least.1) {
                next
            } else {
                least
            }
        });
        least.map(|(position, _)| position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{idle_list, weights};
    use super::*;

    fn model() -> WeightedLeastConnection {
        WeightedLeastConnection::new(Overhead::ActiveAndInactive)
    }

    /// Where `connections` go that stay open, in the order of addition.
    fn held(numbers: &[u16], connections: usize) -> Vec<u32> {
        let mut list = idle_list(numbers);
        for _ in 0..connections {
            let picked = model().pick(&list).unwrap();
            list[picked].active += 1;
        }
        list.iter().rev().map(|server| server.active).collect()
    }

    #[test]
    fn open_connections_follow_the_weights_exactly_in_full_cycles() {
        assert_eq!(held(&[4, 1], 10), [8, 2]);
        assert_eq!(held(&[4, 3, 2], 18), [8, 6, 4]);
    }

    #[test]
    fn a_tie_goes_to_the_first_in_the_list() {
        assert_eq!(model().pick(&idle_list(&[4, 1])), Some(0));
    }

    #[test]
    fn no_eligible_server_refuses() {
        assert_eq!(model().pick(&idle_list(&[0, 0])), None);
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        (0u16..5, any::<u32>(), any::<u32>()).prop_map(|(weight, active, inactive)| Candidate {
            weight: weights(&[weight])[0],
            active,
            inactive,
        })
    }

    proptest! {
        #[test]
        fn weight_0_is_never_picked(list in prop::collection::vec(any_candidate(), 0..8)) {
            if let Some(picked) = model().pick(&list) {
                prop_assert!(list[picked].eligible());
            }
        }
    }
}
