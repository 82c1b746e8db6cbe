//! What came of a load.

mod json;
mod text;

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::header::{HeaderName, HeaderValue};

use crate::connection::Answer;
use crate::{ErrorClass, StopReason};

/// The histogram's upper end; a longer latency is recorded as this.
const LONGEST: Duration = Duration::from_secs(3600);
/// Values are kept to 0.1 %.
const DIGITS: u8 = 3;
/// Values of the counted header beyond this many different ones are counted together.
const MAX_VALUES: usize = 1024;
const OTHER_VALUES: &str = "(other values)";

/// What one value of the counted header answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Complete responses with this value, of any status.
    pub requests: u64,
    /// Connections whose first complete response has this value.
    pub connections: u64,
}

/// What came of a load. Reports of several loads add up with `+=`, in any order.
///
/// Every request that was started is completed, failed or unfinished.
#[derive(Clone, Debug)]
pub struct Report {
    /// Requests whose response came to its end and was as expected.
    pub completed: u64,
    /// Requests that failed; `errors` says how.
    pub failed: u64,
    /// Requests that were under way when the load was stopped, and were dropped.
    pub unfinished: u64,
    /// Connections begun, among them those not established.
    pub connections_attempted: u64,
    /// Connections established.
    pub connections_opened: u64,
    /// Requests sent again on a new connection, because the server had closed the reused one
    /// before the response began. These are not failures.
    pub reconnects: u64,
    /// Connections closed by the client after a complete response, because the server, asked to
    /// close, had not done so in time.
    pub left_open: u64,
    /// Failed requests by class; the sum is `failed`.
    pub errors: BTreeMap<ErrorClass, u64>,
    /// Latencies of the completed requests in nanoseconds, kept to 3 digits from 1 ns to 1 h
    /// (longer ones count as 1 h). A latency begins just before the connect, or just before the
    /// send on a reused connection, and ends with the body.
    pub latency: Histogram<u64>,
    /// Complete responses by their value of the plan's `by_header`.
    pub by_header: BTreeMap<String, Tally>,
    /// Complete responses without that header; nothing if the plan has no `by_header`.
    pub without_header: Tally,
    /// Bytes received, headers included.
    pub bytes_in: u64,
    /// Bytes of the bodies of completed requests.
    pub body_bytes: u64,
    /// From the beginning to the end of the load.
    pub elapsed: Duration,
    /// Why the load ended before all its requests were done.
    pub stopped_early: Option<StopReason>,
}

impl Default for Report {
    fn default() -> Self {
        let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
        let latency = Histogram::new_with_bounds(1, longest, DIGITS)
            .expect("1 ns to 1 h in 3 digits is within the histogram's bounds");
        Self {
            completed: 0,
            failed: 0,
            unfinished: 0,
            connections_attempted: 0,
            connections_opened: 0,
            reconnects: 0,
            left_open: 0,
            errors: BTreeMap::new(),
            latency,
            by_header: BTreeMap::new(),
            without_header: Tally::default(),
            bytes_in: 0,
            body_bytes: 0,
            elapsed: Duration::ZERO,
            stopped_early: None,
        }
    }
}

impl Report {
    /// The latency that this share of the completed requests did not exceed, to 0.1 %; nothing if
    /// none was completed. `quantile` is between 0 and 1.
    pub fn latency_at(&self, quantile: f64) -> Option<Duration> {
        let nanoseconds = || Duration::from_nanos(self.latency.value_at_quantile(quantile));
        (!self.latency.is_empty()).then(nanoseconds)
    }

    /// Completed requests per second of elapsed time; nothing if no time elapsed.
    pub fn requests_per_second(&self) -> Option<f64> {
        self.per_second(self.completed)
    }

    /// Bytes received per second of elapsed time; nothing if no time elapsed.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.per_second(self.bytes_in)
    }

    fn per_second(&self, count: u64) -> Option<f64> {
        (!self.elapsed.is_zero()).then(|| count as f64 / self.elapsed.as_secs_f64())
    }

    pub(crate) fn count_completed(&mut self, latency: Duration, body_bytes: u64) {
        self.completed += 1;
        self.body_bytes += body_bytes;
        self.latency
            .saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a failure and returns how many there are.
    pub(crate) fn count_failed(&mut self, class: ErrorClass) -> u64 {
        self.failed += 1;
        *self.errors.entry(class).or_default() += 1;
        self.failed
    }

    pub(crate) fn count_server(&mut self, by_header: Option<&HeaderName>, answer: &Answer) {
        let Some(name) = by_header else { return };
        let tally = match answer.headers.get(name) {
            Some(value) => self.tally_of(value),
            None => &mut self.without_header,
        };
        *tally += Tally {
            requests: 1,
            connections: u64::from(answer.first),
        };
    }

    fn tally_of(&mut self, value: &HeaderValue) -> &mut Tally {
        let text = String::from_utf8_lossy(value.as_bytes());
        let known = self.by_header.contains_key(&*text);
        let key = if known || self.by_header.len() < MAX_VALUES {
            &*text
        } else {
            OTHER_VALUES
        };
        if !self.by_header.contains_key(key) {
            self.by_header.insert(key.to_owned(), Tally::default());
        }
        self.by_header
            .get_mut(key)
            .expect("it was inserted if it was missing")
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.connections += other.connections;
    }
}

impl AddAssign<&Report> for Report {
    /// Adds the counts and histograms of a load that ran at the same time.
    fn add_assign(&mut self, other: &Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.unfinished += other.unfinished;
        self.connections_attempted += other.connections_attempted;
        self.connections_opened += other.connections_opened;
        self.reconnects += other.reconnects;
        self.left_open += other.left_open;
        for (class, count) in &other.errors {
            *self.errors.entry(*class).or_default() += count;
        }
        self.latency
            .add(&other.latency)
            .expect("every report has the same bounds");
        for (value, tally) in &other.by_header {
            *self.by_header.entry(value.clone()).or_default() += *tally;
        }
        self.without_header += other.without_header;
        self.bytes_in += other.bytes_in;
        self.body_bytes += other.body_bytes;
        self.elapsed = self.elapsed.max(other.elapsed);
        self.stopped_early = self.stopped_early.max(other.stopped_early);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(latencies: std::ops::Range<u64>, failures: &[ErrorClass], server: &str) -> Report {
        let mut report = Report::default();
        for milliseconds in latencies {
            report.count_completed(Duration::from_millis(milliseconds), 1);
        }
        for class in failures {
            report.count_failed(*class);
        }
        *report.tally_of(&server.parse().unwrap()) += Tally {
            requests: 1,
            connections: 1,
        };
        report.elapsed = Duration::from_secs(report.completed);
        report
    }

    fn sum(a: &Report, b: &Report) -> Report {
        let mut sum = a.clone();
        sum += b;
        sum
    }

    #[test]
    fn reports_add_up_in_any_order() {
        let a = report(1..10, &[ErrorClass::ShortBody], "rs1");
        let b = report(
            5..500,
            &[ErrorClass::ShortBody, ErrorClass::BadStatus],
            "rs2",
        );
        let mut c = report(2..3, &[], "rs1");
        c.stopped_early = Some(StopReason::TimeLimit);
        let left = sum(&sum(&a, &b), &c);
        let right = sum(&c, &sum(&b, &a));
        assert_eq!(left.errors, right.errors);
        assert_eq!(left.by_header, right.by_header);
        assert_eq!(left.stopped_early, right.stopped_early);
        for quantile in [0.1, 0.5, 0.9, 1.0] {
            assert_eq!(left.latency_at(quantile), right.latency_at(quantile));
        }
        assert_eq!((left.completed, left.failed), (9 + 495 + 1, 3));
        assert_eq!(left.errors[&ErrorClass::ShortBody], 2);
        assert_eq!(
            left.by_header["rs1"],
            Tally {
                requests: 2,
                connections: 2
            }
        );
        assert_eq!(left.latency.len(), left.completed);
        assert_eq!(left.elapsed, Duration::from_secs(495));
    }

    #[test]
    fn nothing_is_said_of_no_requests() {
        let report = Report::default();
        assert_eq!(report.latency_at(0.5), None);
        assert_eq!(report.requests_per_second(), None);
    }

    #[test]
    fn a_latency_beyond_the_histogram_is_kept_as_its_longest() {
        let mut report = Report::default();
        report.count_completed(2 * LONGEST, 0);
        assert_eq!(report.latency.len(), 1);
        assert!(report.latency_at(1.0).unwrap() >= LONGEST);
    }

    #[test]
    fn a_header_that_never_repeats_does_not_fill_the_memory() {
        let mut report = Report::default();
        for number in 0..MAX_VALUES + 5 {
            report.tally_of(&HeaderValue::from(number)).requests += 1;
        }
        assert_eq!(report.by_header.len(), MAX_VALUES + 1);
        assert_eq!(report.by_header[OTHER_VALUES].requests, 5);
    }
}
