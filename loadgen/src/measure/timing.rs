//! Durations of many requests in constant memory.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The histogram's upper end; a longer duration is recorded as this.
const LONGEST: Duration = Duration::from_secs(3600);
/// Values are kept to 0.1 %.
const DIGITS: u8 = 3;

/// Durations in nanoseconds: a histogram kept to 3 digits from 1 ns to 1 h (longer ones count as
/// 1 h), and the exact sums of which mean and standard deviation are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    histogram: Histogram<u64>,
    sum: u128,
    squares: u128,
    least: u64,
    most: u64,
}

impl Default for Timing {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, nanoseconds(LONGEST), DIGITS)
            .expect("1 ns to 1 h in 3 digits is within the histogram's bounds");
        Self {
            histogram,
            sum: 0,
            squares: 0,
            least: u64::MAX,
            most: 0,
        }
    }
}

impl Timing {
    /// The histogram, in nanoseconds.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// How many durations there are.
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The duration that this share of them did not exceed, to 0.1 %; nothing if there is none.
    /// `quantile` is between 0 and 1.
    pub fn at(&self, quantile: f64) -> Option<Duration> {
        let value = || Duration::from_nanos(self.histogram.value_at_quantile(quantile));
        (!self.is_empty()).then(value)
    }

    /// The shortest, exactly.
    pub fn min(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(self.least))
    }

    /// The longest, exactly.
    pub fn max(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(self.most))
    }

    /// The mean in nanoseconds.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum as f64 / self.len() as f64)
    }

    /// The standard deviation of the sample (n-1) in nanoseconds; nothing of fewer than two.
    pub fn standard_deviation(&self) -> Option<f64> {
        let n = u128::from(self.len());
        // n² times the variance, exactly, as long as that fits.
        let spread = self
            .squares
            .checked_mul(n)
            .zip(self.sum.checked_mul(self.sum))
            .map_or_else(
                || self.squares as f64 * n as f64 - (self.sum as f64).powi(2),
                |(squares, square)| squares.saturating_sub(square) as f64,
            );
        (n > 1).then(|| (spread.max(0.0) / (n as f64 * (n as f64 - 1.0))).sqrt())
    }

    /// What the histogram would hold had requests been sent every `expected` although one before
    /// them had not returned: for closed loops of a known interval, see
    /// `copyCorrectedForCoordinatedOmission` of `HdrHistogram`.
    pub fn corrected(&self, expected: Duration) -> Histogram<u64> {
        self.histogram.clone_correct(nanoseconds(expected))
    }

    pub(crate) fn record(&mut self, duration: Duration) {
        self.record_n(duration, 1);
    }

    /// Records the same duration so many times.
    pub(crate) fn record_n(&mut self, duration: Duration, times: u64) {
        if times == 0 {
            return;
        }
        let value = nanoseconds(duration);
        self.histogram.saturating_record_n(value, times);
        let (wide, times) = (u128::from(value), u128::from(times));
        self.sum += wide * times;
        self.squares = self
            .squares
            .saturating_add((wide * wide).saturating_mul(times));
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.histogram
            .add(&other.histogram)
            .expect("every timing has the same bounds");
        self.sum += other.sum;
        self.squares = self.squares.saturating_add(other.squares);
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }
}

/// In 64 bits, which is much cheaper than in the 128 of [`Duration::as_nanos`].
fn nanoseconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(duration.subsec_nanos().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timing(nanoseconds: &[u64]) -> Timing {
        let mut timing = Timing::default();
        for value in nanoseconds {
            timing.record(Duration::from_nanos(*value));
        }
        timing
    }

    #[test]
    fn nothing_is_said_of_no_durations() {
        let none = Timing::default();
        assert_eq!((none.at(0.5), none.min(), none.mean()), (None, None, None));
        assert_eq!(timing(&[5]).standard_deviation(), None);
    }

    #[test]
    fn a_duration_beyond_the_histogram_is_kept_as_its_longest() {
        let mut timing = Timing::default();
        timing.record(2 * LONGEST);
        assert_eq!(timing.len(), 1);
        assert!(timing.at(1.0).unwrap() >= LONGEST);
        assert_eq!(timing.max(), Some(2 * LONGEST));
    }

    #[test]
    fn a_stall_is_filled_with_the_requests_it_kept_back() {
        let corrected = timing(&[1_000_000_000]).corrected(Duration::from_millis(100));
        assert_eq!(corrected.len(), 10);
    }

    #[test]
    fn a_duration_recorded_many_times_counts_as_often() {
        let mut timing = timing(&[7]);
        timing.record_n(Duration::from_nanos(7), 2);
        timing.record_n(Duration::from_nanos(9), 0);
        assert_eq!(timing, self::timing(&[7, 7, 7]));
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_samples_to_a_thousandth(
            mut samples in prop::collection::vec(1_u64..10_000_000_000, 1..400),
            place: prop::sample::Index,
        ) {
            let timing = timing(&samples);
            samples.sort_unstable();
            let rank = place.index(samples.len());
            let exact = samples[rank] as f64;
            // Between two ranks, where rounding does not matter.
            let quantile = (rank as f64 + 0.5) / samples.len() as f64;
            let shown = timing.at(quantile).unwrap().as_nanos() as f64;
            prop_assert!((shown - exact).abs() <= exact / 1000.0 + 1.0, "{shown} {exact}");
        }

        #[test]
        fn mean_and_deviation_are_those_of_the_samples(
            samples in prop::collection::vec(0_u64..10_000_000_000, 2..200),
        ) {
            let timing = timing(&samples);
            let n = samples.len() as f64;
            let mean = samples.iter().map(|value| *value as f64).sum::<f64>() / n;
            let squares = samples.iter().map(|value| (*value as f64 - mean).powi(2));
            let deviation = (squares.sum::<f64>() / (n - 1.0)).sqrt();
            prop_assert!((timing.mean().unwrap() - mean).abs() <= mean * 1e-9);
            let shown = timing.standard_deviation().unwrap();
            prop_assert!((shown - deviation).abs() <= deviation * 1e-6 + 1.0);
        }

        #[test]
        fn timings_add_up_in_any_order(
            a in prop::collection::vec(0_u64..1_000_000, 0..50),
            b in prop::collection::vec(0_u64..1_000_000, 0..50),
        ) {
            let (mut left, mut right) = (timing(&a), timing(&b));
            left.add(&timing(&b));
            right.add(&timing(&a));
            prop_assert_eq!(left, right);
        }
    }
}
