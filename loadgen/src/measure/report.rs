//! What came of a load.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::{Duration, SystemTime};

use super::{Sample, Timing};
use crate::{ErrorClass, Live, TlsParameters};

/// Values of the counted header beyond this many different ones are counted together.
const MAX_VALUES: usize = 1024;
/// Values beyond this many have no latencies of their own: a histogram takes up to 270 KB.
const MAX_TIMED: usize = 64;
const OTHER_VALUES: &str = "(other values)";

/// Why a load ended with requests left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// The plan's time limit was reached.
    TimeLimit,
    /// The plan's number of failed requests was reached.
    GaveUp,
    /// The caller stopped the load.
    Interrupted,
}

/// What one value of the counted header answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Complete responses with this value, of any status.
    pub requests: u64,
    /// Connections whose first complete response has this value.
    pub connections: u64,
    /// Those among the requests that were not as expected.
    pub failed: u64,
    /// Latencies of the completed requests among them, for the first 64 values.
    pub latency: Option<Box<Timing>>,
}

/// Requests of the warm-up. They are counted nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarmUp {
    /// Completed.
    pub completed: u64,
    /// Failed.
    pub failed: u64,
}

/// The first complete response of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstResponse {
    /// Its status.
    pub status: u16,
    /// Its header `Server`.
    pub server: Option<String>,
    /// The length of its body in bytes.
    pub body_bytes: u64,
    /// What the handshake agreed on, if it came by TLS.
    pub tls: Option<TlsParameters>,
}

/// What came of a load. Reports of several loads add up with `+=`, in any order.
///
/// Every request that was started after the warm-up is completed, failed or unfinished.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Requests whose response came to its end and was as expected.
    pub completed: u64,
    /// Requests that failed; `errors` says how.
    pub failed: u64,
    /// Requests that were under way when the load was stopped, and were dropped.
    pub unfinished: u64,
    /// Requests of the warm-up.
    pub warm_up: WarmUp,
    /// Connections begun, among them those not established, and those of the warm-up.
    pub connections_attempted: u64,
    /// Connections established, with those of the warm-up.
    pub connections_opened: u64,
    /// Requests sent again on a new connection, because the server had closed the reused one
    /// before the response began. These are not failures.
    pub reconnects: u64,
    /// Connections closed by the client after a complete response, because the server, asked to
    /// close, had not done so in time.
    pub left_open: u64,
    /// Failed requests by class; the sum is `failed`.
    pub errors: BTreeMap<ErrorClass, u64>,
    /// Complete responses whose status is not 2xx, whatever was expected.
    pub non_2xx: u64,
    /// Complete responses after which the connection could be used again.
    pub kept_alive: u64,
    /// Latencies of the completed requests, from when each was due to the end of its body. In a
    /// closed loop a request is due when it begins, and this is the service time.
    pub latency: Timing,
    /// From the beginning of the connect, or of the send on a reused connection, to the end of the
    /// body. Filled in an open loop only, see [`Report::service`].
    pub open_service: Timing,
    /// By how much requests began later than they were due; open loop only.
    pub lag: Timing,
    /// The connects, TLS handshakes included; 0 for a request on a reused connection.
    pub connect: Timing,
    /// From the request written to the first byte of the response.
    pub wait: Timing,
    /// From the connection being ready to the end of the response.
    pub processing: Timing,
    /// Complete responses by their value of the plan's `by_header`.
    pub by_header: BTreeMap<String, Tally>,
    /// Complete responses without that header; nothing if the plan has no `by_header`.
    pub without_header: Tally,
    /// Bytes received, headers included; with TLS those inside it.
    pub bytes_in: u64,
    /// Bytes sent, headers included.
    pub bytes_out: u64,
    /// Bytes of the bodies of complete responses, expected or not.
    pub body_bytes: u64,
    /// The first complete response.
    pub first: Option<FirstResponse>,
    /// Every completed request, if the plan asks for them; in no order.
    pub samples: Vec<Sample>,
    /// When the load began.
    pub began: Option<SystemTime>,
    /// From the beginning to the end of the load, without the warm-up.
    pub elapsed: Duration,
    /// Why the load ended before all its requests were done.
    pub stopped_early: Option<StopReason>,
}

impl Report {
    /// The latency that this share of the completed requests did not exceed, to 0.1 %; nothing if
    /// none was completed. `quantile` is between 0 and 1.
    pub fn latency_at(&self, quantile: f64) -> Option<Duration> {
        self.latency.at(quantile)
    }

    /// Times of the completed requests from when each was really begun.
    pub fn service(&self) -> &Timing {
        if self.open_service.is_empty() {
            &self.latency
        } else {
            &self.open_service
        }
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

    pub(crate) fn count_failed(&mut self, class: ErrorClass) {
        self.failed += 1;
        *self.errors.entry(class).or_default() += 1;
    }

    /// What is shown while the load lasts.
    pub(crate) fn live(&self) -> Live {
        let requests = |(name, tally): (&String, &Tally)| (name.clone(), tally.requests);
        Live {
            latency: self.latency.clone(),
            errors: self.errors.clone(),
            servers: self.by_header.iter().map(requests).collect(),
        }
    }

    /// The tally of a value of the counted header, or of its absence.
    pub(crate) fn tally_of(&mut self, value: Option<&[u8]>) -> &mut Tally {
        let Some(value) = value else {
            return &mut self.without_header;
        };
        let text = String::from_utf8_lossy(value);
        let known = self.by_header.contains_key(&*text);
        let values = self.by_header.len();
        let key = if known || values < MAX_VALUES {
            &*text
        } else {
            OTHER_VALUES
        };
        if !self.by_header.contains_key(key) {
            let tally = Tally {
                latency: (values < MAX_TIMED).then(Box::default),
                ..Tally::default()
            };
            self.by_header.insert(key.to_owned(), tally);
        }
        self.by_header
            .get_mut(key)
            .expect("it was inserted if it was missing")
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.requests += other.requests;
        self.connections += other.connections;
        self.failed += other.failed;
        if let Some(latency) = &other.latency {
            self.latency.get_or_insert_default().add(latency);
        }
    }
}

impl AddAssign<&Report> for Report {
    /// Adds the counts and histograms of a load that ran at the same time.
    fn add_assign(&mut self, other: &Self) {
        self.completed += other.completed;
        self.failed += other.failed;
        self.unfinished += other.unfinished;
        self.warm_up.completed += other.warm_up.completed;
        self.warm_up.failed += other.warm_up.failed;
        self.connections_attempted += other.connections_attempted;
        self.connections_opened += other.connections_opened;
        self.reconnects += other.reconnects;
        self.left_open += other.left_open;
        self.non_2xx += other.non_2xx;
        self.kept_alive += other.kept_alive;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.body_bytes += other.body_bytes;
        for (class, count) in &other.errors {
            *self.errors.entry(*class).or_default() += count;
        }
        self.add_timings(other);
        for (value, tally) in &other.by_header {
            *self.by_header.entry(value.clone()).or_default() += tally;
        }
        self.without_header += &other.without_header;
        self.samples.extend_from_slice(&other.samples);
        self.first = self.first.take().or_else(|| other.first.clone());
        self.began = self.began.into_iter().chain(other.began).min();
        self.elapsed = self.elapsed.max(other.elapsed);
        self.stopped_early = self.stopped_early.max(other.stopped_early);
    }
}

impl Report {
    fn add_timings(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.latency, &other.latency),
            (&mut self.open_service, &other.open_service),
            (&mut self.lag, &other.lag),
            (&mut self.connect, &other.connect),
            (&mut self.wait, &other.wait),
            (&mut self.processing, &other.processing),
        ] {
            sum.add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(latencies: std::ops::Range<u64>, failures: &[ErrorClass], server: &str) -> Report {
        let mut report = Report::default();
        for milliseconds in latencies {
            report.completed += 1;
            report.latency.record(Duration::from_millis(milliseconds));
        }
        for class in failures {
            report.count_failed(*class);
        }
        report.tally_of(Some(server.as_bytes())).requests += 1;
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
        assert_eq!(left.latency, right.latency);
        assert_eq!((left.completed, left.failed), (9 + 495 + 1, 3));
        assert_eq!(left.errors[&ErrorClass::ShortBody], 2);
        assert_eq!(left.by_header["rs1"].requests, 2);
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
    fn a_header_that_never_repeats_does_not_fill_the_memory() {
        let mut report = Report::default();
        for number in 0..MAX_VALUES + 5 {
            report
                .tally_of(Some(number.to_string().as_bytes()))
                .requests += 1;
        }
        assert_eq!(report.by_header.len(), MAX_VALUES + 1);
        assert_eq!(report.by_header[OTHER_VALUES].requests, 5);
        let timed = report.by_header.values().filter(|t| t.latency.is_some());
        assert_eq!(timed.count(), MAX_TIMED);
    }
}
