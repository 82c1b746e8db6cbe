//! The cycle of the schedulers whose shares are exact.

use director_setup::{Scheduler, Weight};

/// What each real server is owed in one cycle of rr or wrr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    quotas: Vec<u64>,
}

/// The cycle of `scheduler` over servers of these `weights`; `None` if it has none: its decisions
/// depend on more than their number, or no server has a weight.
pub fn cycle(scheduler: &Scheduler, weights: &[Weight]) -> Option<Cycle> {
    let divisor = greatest_common_divisor(weights.iter().copied());
    let quotas = weights.iter().map(|weight| match scheduler {
        Scheduler::RoundRobin => Some(u64::from(*weight > Weight::ZERO)),
        Scheduler::WeightedRoundRobin => weight.get().checked_div(divisor).map(u64::from),
        _ => None,
    });
    let quotas = quotas.collect::<Option<Vec<_>>>()?;
    quotas
        .iter()
        .any(|&quota| quota > 0)
        .then_some(Cycle { quotas })
}

impl Cycle {
    /// Connections of one cycle for each server, in the order of the weights.
    pub fn quotas(&self) -> &[u64] {
        &self.quotas
    }

    /// Connections of one cycle together.
    pub fn length(&self) -> u64 {
        self.quotas.iter().sum()
    }

    /// How far a server's count over `connections` in a row can lie from its count over as many
    /// others: the phase at which the cycle was entered is not known for certain.
    ///
    /// Whole cycles are exact. What remains beyond them, or lacks to the next one, bounds the
    /// difference, and so does the quota.
    pub fn slack(&self, quota: u64, connections: u64) -> u64 {
        let beyond = connections % self.length();
        quota.min(beyond).min(self.length() - beyond)
    }

    /// The least number of connections, not below `connections`, that is whole cycles; the
    /// greatest number there is if that is beyond it.
    pub fn whole_cycles(&self, connections: u64) -> u64 {
        let cycles = connections.max(1).div_ceil(self.length());
        cycles.saturating_mul(self.length())
    }
}

/// The greatest common divisor of all weights; 0 if none is above 0.
pub(super) fn greatest_common_divisor(weights: impl Iterator<Item = Weight>) -> u32 {
    weights.fold(0, |divisor, weight| {
        let (mut a, mut b) = (divisor, weight.get());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{Bench, weights};
    use super::*;

    #[test]
    fn weights_400_100_0_owe_4_1_0_in_five() {
        let cycle = cycle(&Scheduler::WeightedRoundRobin, &weights(&[400, 100, 0])).unwrap();
        assert_eq!((cycle.quotas(), cycle.length()), (&[4, 1, 0][..], 5));
        assert_eq!(cycle.whole_cycles(11), 15);
    }

    #[test]
    fn rr_owes_one_to_each_and_wlc_has_no_cycle() {
        let weights = weights(&[4, 1]);
        let rr = cycle(&Scheduler::RoundRobin, &weights).unwrap();
        assert_eq!(rr.quotas(), [1, 1]);
        assert_eq!(cycle(&Scheduler::WeightedLeastConnection, &weights), None);
    }

    #[test]
    fn without_any_weight_there_is_no_cycle() {
        assert_eq!(cycle(&Scheduler::RoundRobin, &weights(&[0])), None);
        assert_eq!(cycle(&Scheduler::WeightedRoundRobin, &[]), None);
    }

    proptest! {
        #[test]
        fn two_windows_of_one_length_differ_by_no_more_than_the_slack(
            numbers in prop::collection::vec(0u16..12, 1..5),
            starts in (0usize..60, 0usize..60),
            length in 1usize..60,
        ) {
            prop_assume!(numbers.iter().any(|&number| number > 0));
            for scheduler in [Scheduler::RoundRobin, Scheduler::WeightedRoundRobin] {
                let picks = Bench::of(scheduler.name(), &numbers).serial(120);
                let cycle = cycle(&scheduler, &weights(&numbers)).unwrap();
                for (server, &quota) in cycle.quotas().iter().enumerate() {
                    let in_window = |start: usize| {
                        let window = &picks[start..start + length];
                        window.iter().filter(|&&pick| pick == server).count() as u64
                    };
                    let difference = in_window(starts.0).abs_diff(in_window(starts.1));
                    prop_assert!(difference <= cycle.slack(quota, length as u64));
                }
            }
        }
    }
}
