//! wrr: exact shares in every full cycle.

use director_setup::Weight;

use super::cycle::greatest_common_divisor;
use super::{Candidate, Model};

/// `net/netfilter/ipvs/ip_vs_wrr.c`, Linux 6.1 (the algorithm of 3.10 and later).
///
/// A cycle has levels: at each the list is walked once and every server is picked whose weight
/// reaches the level. The level falls by the greatest common divisor of the weights, from the
/// largest weight (less the divisor, plus 1) to 1, and starts again.
#[derive(Debug)]
pub(super) struct WeightedRoundRobin {
    /// Where the walk goes on (the server after `cl`).
    next: usize,
    /// The weight that a server needs now (`cw`).
    level: i64,
    /// The first level of a cycle (`mw`).
    top: i64,
    /// From one level to the next (`di`).
    step: i64,
}

impl WeightedRoundRobin {
    /// Adds servers of these weights to an empty service, as `ip_vs_wrr_dest_changed` follows it.
    ///
    /// The level is lowered to a new top but never raised: the first server makes the top 1
    /// (its weight is its own divisor), so that the first cycle starts at a low level.
    pub(super) fn new(weights: &[Weight]) -> Self {
        let mut model = Self {
            next: 0,
            level: 0,
            top: 0,
            step: 1,
        };
        for added in 1..=weights.len() {
            model.servers_changed(&weights[..added]);
        }
        model
    }

    fn servers_changed(&mut self, weights: &[Weight]) {
        let largest = weights.iter().max().map_or(0, |weight| weight.get());
        self.step = i64::from(greatest_common_divisor(weights).max(1));
        self.top = i64::from(largest) - (self.step - 1);
        if self.level > self.top || self.level == 0 {
            self.level = self.top;
        } else if self.step > 1 {
            self.level = self.level / self.step * self.step + 1;
        }
    }

    fn next_level(&mut self) {
        self.next = 0;
        self.level -= self.step;
        if self.level <= 0 {
            self.level = self.top;
        }
    }

    fn pick_at_this_level(&mut self, list: &[Candidate]) -> Option<usize> {
        let picked = (self.next..list.len())
            .find(|&position| i64::from(list[position].weight.get()) >= self.level)?;
        self.next = picked + 1;
        Some(picked)
    }
}

impl Model for WeightedRoundRobin {
    fn pick(&mut self, list: &[Candidate]) -> Option<usize> {
        if self.top <= 0 {
            return None;
        }
        // The heaviest server reaches every level, so one whole walk finds it.
        self.pick_at_this_level(list).or_else(|| {
            self.next_level();
            self.pick_at_this_level(list)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{cycle, idle_list, weights};
    use super::*;
    use director_setup::Scheduler;

    /// The picks as positions in the order of addition.
    fn stream(numbers: &[u16], length: usize) -> Vec<usize> {
        let list = idle_list(numbers);
        let mut model = WeightedRoundRobin::new(&weights(numbers));
        (0..length)
            .map(|_| list.len() - 1 - model.pick(&list).unwrap())
            .collect()
    }

    /// Seen on Linux 6.1, 6.12 and 7.2: servers .11, .12, .13 with weights 4, 3, 2 added in this
    /// order give 13,12,11 | 11 | 12,11 | 13,12,11 and so on.
    #[test]
    fn weights_4_3_2_start_with_the_flat_level() {
        let cycle = [2, 1, 0, 0, 1, 0, 2, 1, 0];
        assert_eq!(stream(&[4, 3, 2], 18), [cycle, cycle].concat());
    }

    #[test]
    fn weights_4_1_repeat_every_five_connections() {
        assert_eq!(stream(&[4, 1], 10), [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_common_divisor_shortens_the_cycle() {
        assert_eq!(stream(&[400, 100], 5), stream(&[4, 1], 5));
    }

    #[test]
    fn no_eligible_server_refuses() {
        for numbers in [&[][..], &[0], &[0, 0]] {
            let mut model = WeightedRoundRobin::new(&weights(numbers));
            assert_eq!(model.pick(&idle_list(numbers)), None);
        }
    }

    proptest! {
        #[test]
        fn every_full_cycle_is_exact_from_any_state(
            numbers in prop::collection::vec(0u16..40, 1..6),
            before in 0usize..300,
        ) {
            prop_assume!(numbers.iter().any(|&number| number > 0));
            let quotas = cycle(&Scheduler::WeightedRoundRobin, &weights(&numbers)).unwrap();
            let length = usize::try_from(quotas.length()).unwrap();
            let picks = stream(&numbers, before + length);
            for (server, quota) in quotas.quotas().iter().enumerate() {
                let got = picks[before..].iter().filter(|&&pick| pick == server).count();
                prop_assert_eq!(got as u64, *quota);
            }
        }
    }
}
