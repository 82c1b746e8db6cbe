//! Latencies in their order, from a list or from a histogram.

use hdrhistogram::Histogram;

/// Values of which each has a rank.
pub trait Ordered {
    /// How many there are.
    fn count(&self) -> u64;

    /// The value that `rank` others do not exceed, in microseconds; `rank` counts from 0. The
    /// longest if there are not so many, nothing if there is none.
    fn at(&self, rank: u64) -> Option<u64>;

    /// The shortest.
    fn shortest(&self) -> Option<u64> {
        self.at(0)
    }

    /// The longest.
    fn longest(&self) -> Option<u64> {
        self.at(self.count().saturating_sub(1))
    }
}

/// A list of microseconds, sorted.
#[derive(Clone, Copy, Debug)]
pub struct Microseconds<'a>(pub &'a [u64]);

impl Ordered for Microseconds<'_> {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn at(&self, rank: u64) -> Option<u64> {
        let last = self.0.len().checked_sub(1)?;
        let index = usize::try_from(rank).map_or(last, |rank| rank.min(last));
        self.0.get(index).copied()
    }
}

/// A histogram of nanoseconds. Its values are as exact as its digits say; the shortest and the
/// longest are those of their bucket.
#[derive(Clone, Copy, Debug)]
pub struct Nanoseconds<'a>(pub &'a Histogram<u64>);

impl Ordered for Nanoseconds<'_> {
    fn count(&self) -> u64 {
        self.0.len()
    }

    fn at(&self, rank: u64) -> Option<u64> {
        let count = self.0.len();
        let rank = rank.min(count.checked_sub(1)?);
        // The middle of the rank's step, so that rounding cannot reach its neighbours.
        let quantile = (rank as f64 + 0.5) / count as f64;
        Some(round_to_microseconds(self.0.value_at_quantile(quantile)))
    }

    fn shortest(&self) -> Option<u64> {
        (!self.0.is_empty()).then(|| round_to_microseconds(self.0.min()))
    }

    fn longest(&self) -> Option<u64> {
        (!self.0.is_empty()).then(|| round_to_microseconds(self.0.max()))
    }
}

/// Half up.
pub(super) fn round_to_microseconds(nanoseconds: u64) -> u64 {
    nanoseconds.saturating_add(500) / 1000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_histogram_orders_as_the_list_does(mut list in prop::collection::vec(1_u64..60_000_000, 1..300)) {
            let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
            for value in &list {
                histogram.record(value * 1000).unwrap();
            }
            list.sort_unstable();
            for rank in 0..list.len() as u64 + 2 {
                let exact = Microseconds(&list).at(rank).unwrap();
                let kept = Nanoseconds(&histogram).at(rank).unwrap();
                prop_assert!(kept.abs_diff(exact) <= exact / 1000 + 1, "{rank}: {kept} for {exact}");
            }
        }
    }

    #[test]
    fn nothing_has_no_rank() {
        let histogram = Histogram::<u64>::new(3).unwrap();
        assert_eq!(Nanoseconds(&histogram).at(0), None);
        assert_eq!(Nanoseconds(&histogram).longest(), None);
        assert_eq!(Microseconds(&[]).at(0), None);
        assert_eq!(Microseconds(&[]).longest(), None);
    }
}
