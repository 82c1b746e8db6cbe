//! Everything that ab's report says of a load, as numbers.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::ordered::round_to_microseconds;

/// The figures of one load.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The first response's header `Server`; see [`Figures::software`].
    pub server_software: String,
    /// The host of the URL.
    pub hostname: String,
    /// The port of the URL.
    pub port: u16,
    /// For https.
    pub tls: Option<Tls>,
    /// The path of the URL.
    pub path: String,
    /// Bytes of the first response's body.
    pub document_length: u64,
    /// Requests under way at a time.
    pub concurrency: u32,
    /// From the first connection to the last response, to the microsecond.
    pub elapsed: Duration,
    /// Requests whose response came to its end.
    pub complete: u64,
    /// Failures.
    pub failures: Failures,
    /// Requests that could not be written.
    pub write_errors: u64,
    /// Complete responses of another status than 2xx.
    pub non_2xx: u64,
    /// Responses on connections that stayed open; nothing if this was not asked for.
    pub keep_alive: Option<u64>,
    /// Bytes received, headers included.
    pub received: u64,
    /// Bytes sent, headers included; nothing if the requests have no body. ab calls it `Total body
    /// sent`.
    pub sent: Option<u64>,
    /// Bytes of bodies received.
    pub body_received: u64,
    /// Times; nothing if no request was complete.
    pub times: Option<Times>,
}

impl Figures {
    /// What ab takes of a `Server` header's value: up to the first blank or control character.
    pub fn software(value: &[u8]) -> String {
        let end = value.iter().position(|byte| *byte <= b' ' || *byte == 0x7f);
        String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
    }
}

/// Failures by ab's four classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Connections that could not be opened.
    pub connect: u64,
    /// Errors while receiving.
    pub receive: u64,
    /// Bodies of another length than the first.
    pub length: u64,
    /// Everything else.
    pub exceptions: u64,
}

impl Failures {
    /// All of them. In ab one request may be in several classes.
    pub fn total(self) -> u64 {
        self.connect + self.receive + self.length + self.exceptions
    }
}

/// What the TLS handshake agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Version, cipher suite and bits of the server's key and of the cipher, separated by commas:
    /// `TLSv1.3,TLS_AES_256_GCM_SHA384,2048,256`.
    pub protocol: String,
    /// The temporary key: `X25519 253 bits`.
    pub temporary_key: Option<String>,
    /// The host named in the handshake.
    pub server_name: Option<String>,
}

/// Times of the complete requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// How many requests they are of, more than 0.
    pub count: u64,
    /// From the start to the established connection, TLS included; 0 on a reused one.
    pub connect: Row,
    /// From the established connection to the end of the response.
    pub processing: Row,
    /// From the end of the request to the first byte of the response.
    pub waiting: Row,
    /// From the start to the end of the response.
    pub total: Row,
}

/// One row of the table of times, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row {
    /// The shortest.
    pub min: u64,
    /// The sum of all; the mean is this over their count.
    pub sum: u64,
    /// The standard deviation of a sample, over n-1; 0 for one request.
    pub deviation: f64,
    /// The middle one, of an even number the upper of the two.
    pub median: u64,
    /// The longest.
    pub max: u64,
}

impl Row {
    /// The row of a histogram of nanoseconds; zeros if it is empty.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        use super::{Nanoseconds, Ordered};
        let count = histogram.len();
        let ordered = Nanoseconds(histogram);
        let Some((min, max)) = ordered.shortest().zip(ordered.longest()) else {
            return Self::default();
        };
        // The histogram's deviation is over n.
        let correction = match count {
            1 => 0.0,
            _ => (count as f64 / (count - 1) as f64).sqrt(),
        };
        Self {
            min,
            sum: whole_microseconds(histogram.mean() * count as f64),
            deviation: histogram.stdev() * correction / 1000.0,
            median: ordered.at(count / 2).unwrap_or(max),
            max,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sums of latencies are positive and, as floats, saturate"
)]
fn whole_microseconds(nanoseconds: f64) -> u64 {
    round_to_microseconds(nanoseconds as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_that_of_the_samples() {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
        for microseconds in [100, 200, 300, 400] {
            histogram.record(microseconds * 1000).unwrap();
        }
        let row = Row::of(&histogram);
        assert!(
            row.min.abs_diff(100) <= 1 && row.max.abs_diff(400) <= 1,
            "{row:?}"
        );
        assert!(row.median.abs_diff(300) <= 1, "{row:?}");
        assert!(row.sum.abs_diff(1000) <= 2, "{row:?}");
        assert!((row.deviation - 129.1).abs() < 0.5, "{row:?}");
    }

    #[test]
    fn one_request_deviates_from_nothing() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        histogram.record(5000).unwrap();
        let row = Row::of(&histogram);
        assert_eq!((row.min, row.median, row.max, row.sum), (5, 5, 5, 5));
        assert!(row.deviation.abs() < f64::EPSILON);
        assert_eq!(Row::of(&Histogram::new(3).unwrap()), Row::default());
    }

    #[test]
    fn the_server_is_named_up_to_the_first_blank() {
        assert_eq!(Figures::software(b"nginx/1.22.1"), "nginx/1.22.1");
        assert_eq!(Figures::software(b"Apache/2.4 (Debian)"), "Apache/2.4");
        assert_eq!(Figures::software(b"a\x07b"), "a");
        assert_eq!(Figures::software(b""), "");
    }
}
