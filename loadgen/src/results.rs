//! What came of a load, as exports and assertions take it.
//!
//! Plain values: whatever sends the load fills them in.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::export;

/// Which time of a request a histogram is of. All are of completed requests only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Latency {
    /// From the start of the request, or in an open loop from the instant at which it was due, to
    /// the end of the response.
    Total,
    /// In an open loop: from the actual start to the end of the response.
    Service,
    /// In an open loop: by how much requests were started later than they were due.
    Lag,
    /// In a closed loop: `Total`, with the latencies that requests would have had that a slow one
    /// kept from being sent ("coordinated omission").
    Corrected,
    /// From the start to the established connection.
    Connect,
    /// From the established connection to the end of the response.
    Processing,
    /// From the end of the request to the first byte of the response.
    Waiting,
}

impl Latency {
    /// All of them, as they are listed.
    pub const ALL: [Self; 7] = [
        Self::Total,
        Self::Service,
        Self::Lag,
        Self::Corrected,
        Self::Connect,
        Self::Processing,
        Self::Waiting,
    ];

    /// Its name in files and assertions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Service => "service",
            Self::Lag => "lag",
            Self::Corrected => "corrected",
            Self::Connect => "connect",
            Self::Processing => "processing",
            Self::Waiting => "waiting",
        }
    }

    /// What it is measured from and to.
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Total => {
                "from the start (in an open loop: when it was due) to the end of the response"
            }
            Self::Service => "from the actual start to the end of the response",
            Self::Lag => "from when it was due to the actual start",
            Self::Corrected => "total, with the requests that slow ones kept from being sent",
            Self::Connect => "from the start to the established connection",
            Self::Processing => "from the established connection to the end of the response",
            Self::Waiting => "from the end of the request to the first byte of the response",
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What came of a load.
#[derive(Clone, Debug)]
pub struct Results {
    /// Where the load went.
    pub url: String,
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub elapsed: Duration,
    /// Requests whose response came to its end and was as expected.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that were under way when the load ended.
    pub unfinished: u64,
    /// Complete responses of another status than 2xx.
    pub non_2xx: u64,
    /// Connections established.
    pub connections: u64,
    /// Bytes received, headers included.
    pub bytes_received: u64,
    /// Bytes sent, headers included.
    pub bytes_sent: u64,
    /// What became of datagrams, if it was a load of them.
    pub datagrams: Option<Datagrams>,
    /// In an open loop, requests per second that were asked for.
    pub offered_rate: Option<f64>,
    /// Failed requests by class. Classes that did not occur are in it with 0, so that an assertion
    /// on a class can tell none from a misspelt name.
    pub errors: BTreeMap<String, u64>,
    /// Latencies in nanoseconds; those that were not measured are not in it.
    pub latencies: BTreeMap<Latency, Histogram<u64>>,
    /// By the value of the counted header; empty if none is counted.
    pub servers: BTreeMap<String, Server>,
    /// Complete responses without the counted header.
    pub without_header: u64,
    /// Total latencies by the second, for the log; empty if they were not asked for.
    pub intervals: Vec<IntervalLatency>,
}

/// What one value of the counted header answered.
#[derive(Clone, Debug)]
pub struct Server {
    /// Complete responses.
    pub requests: u64,
    /// Connections whose first complete response it gave.
    pub connections: u64,
    /// Complete responses that were not as expected.
    pub failed: u64,
    /// Total latencies of the others in nanoseconds.
    pub latency: Histogram<u64>,
}

/// What became of datagrams. Of those sent, each was received or lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Datagrams {
    /// Sent.
    pub sent: u64,
    /// Echoed in time.
    pub received: u64,
    /// Not echoed in time.
    pub lost: u64,
    /// Echoes beyond the first of a datagram.
    pub duplicates: u64,
    /// Echoed after one that was sent later in the same flow.
    pub reordered: u64,
    /// Echoes of datagrams that are counted as lost.
    pub late: u64,
    /// Received datagrams that are no echoes.
    pub stray: u64,
}

/// Total latencies of the requests that ended within a time. The histogram is encoded at once: it
/// takes 270 KB, what is encoded a few hundred bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct IntervalLatency {
    /// Its beginning, from the beginning of the load.
    pub start: Duration,
    /// How long it is.
    pub length: Duration,
    /// The value of the counted header, or nothing for all requests.
    pub server: Option<String>,
    /// The longest, in nanoseconds.
    pub longest: u64,
    /// The histogram of nanoseconds in `HdrHistogram`'s V2 format, compressed and in base64.
    pub encoded: String,
}

impl IntervalLatency {
    /// Those of a histogram of nanoseconds.
    pub fn new(
        start: Duration,
        length: Duration,
        server: Option<String>,
        latency: &Histogram<u64>,
    ) -> io::Result<Self> {
        Ok(Self {
            start,
            length,
            server,
            longest: latency.max(),
            encoded: export::encoded(latency)?,
        })
    }
}

impl Results {
    /// Completed requests per second; nothing if no time elapsed.
    pub fn requests_per_second(&self) -> Option<f64> {
        self.per_second(self.completed)
    }

    /// Bytes received per second; nothing if no time elapsed.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.per_second(self.bytes_received)
    }

    /// Failed requests among those that completed or failed; nothing if there was none.
    pub fn error_rate(&self) -> Option<f64> {
        let ended = self.completed + self.failed;
        (ended > 0).then(|| self.failed as f64 / ended as f64)
    }

    /// A server's share of the complete responses that named one; nothing if it gave none.
    pub fn share(&self, server: &str) -> Option<f64> {
        let all: u64 = self.servers.values().map(|server| server.requests).sum();
        let own = self.servers.get(server)?.requests;
        (all > 0).then(|| own as f64 / all as f64)
    }

    fn per_second(&self, count: u64) -> Option<f64> {
        (!self.elapsed.is_zero()).then(|| count as f64 / self.elapsed.as_secs_f64())
    }
}

/// A hundred requests of 1 to 100 ms in 2 s, three quarters of them by rs1, and 25 refused.
#[cfg(test)]
pub(crate) fn sample() -> Results {
    let empty = || Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    let mut total = empty();
    for milliseconds in 1..=100 {
        total.record(milliseconds * 1_000_000).unwrap();
    }
    let server = |requests, latency| Server {
        requests,
        connections: requests,
        failed: 0,
        latency,
    };
    Results {
        url: "http://vip/".into(),
        started: SystemTime::UNIX_EPOCH,
        elapsed: Duration::from_secs(2),
        completed: 100,
        failed: 25,
        unfinished: 1,
        non_2xx: 7,
        connections: 101,
        bytes_received: 4096,
        bytes_sent: 2048,
        datagrams: None,
        offered_rate: None,
        errors: BTreeMap::from([("connect-refused".into(), 25), ("bad-status".into(), 0)]),
        servers: BTreeMap::from([
            ("rs1".into(), server(75, total.clone())),
            ("rs2".into(), server(25, empty())),
        ]),
        latencies: BTreeMap::from([(Latency::Total, total.clone()), (Latency::Connect, total)]),
        without_header: 0,
        intervals: Vec::new(),
    }
}
