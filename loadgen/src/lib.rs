//! A concurrent HTTP load generator in the manner of ab.
//!
//! A [`Plan`] says what to send, [`run`] sends it, a [`Report`] says what came of it:
//!
//! ```text
//! Plan --run--> workers (one loop: schedule -> connection -> exchange -> recorder) --> Report
//! ```
//!
//! [`run`] opens every socket on the thread that polls it and starts no thread and no task, so a
//! caller inside a network namespace sends its load from that namespace. [`run_threads`] sends a
//! load from several cores.
//!
//! In a closed loop ([`Pacing::Closed`]) a worker sends its next request when it has done with the
//! previous one, so a slow server slows the load down, and its latencies leave out the requests
//! that would otherwise have been sent meanwhile ("coordinated omission"). In an open loop
//! ([`Pacing::Open`]) requests are due at fixed instants, and their latencies count from these.

pub mod ab;
mod cause;
pub mod display;
mod engine;
mod error_class;
mod expect;
pub mod export;
pub mod gate;
mod http;
mod log;
mod measure;
mod net;
mod plan;
mod progress;
mod results;
pub mod script;
pub mod udp;
mod url;

pub use engine::{GRACE, Part, run, run_part, run_threads};
pub use error_class::ErrorClass;
pub use expect::{Expect, ExpectBody, ExpectLength, ExpectStatus, sha256};
pub use http::{
    BadTls, Tls, TlsParameters, TlsSetup, TlsVersions, Trust, Tunnel, UnknownSuite, response,
};
pub use log::Log;
pub use measure::{FirstResponse, Interval, Report, Sample, StopReason, Tally, Timing, WarmUp};
pub use net::SourcePool;
pub use plan::{Arrivals, Close, ConnectionMode, Pacing, Path, Plan, Protocol, Target};
pub use progress::{Live, Progress};
pub use results::{Datagrams, IntervalLatency, Latency, Results, Server};
pub use script::{EmptyScript, Script, Step};
pub use url::{BadUrl, Scheme, Url};
