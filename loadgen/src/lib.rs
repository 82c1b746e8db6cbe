//! A concurrent HTTP load generator in the manner of ab.
//!
//! A [`Plan`] says what to send, [`run`] sends it, a [`Report`] says what came of it:
//!
//! ```text
//! Plan --run--> workers (one loop: budget -> connection -> exchange -> tally) --> Report
//! ```
//!
//! [`run`] opens every socket on the thread that polls it and starts no thread and no task, so a
//! caller inside a network namespace sends its load from that namespace. For load from several
//! cores, run one plan per thread and merge the reports with `+=`.
//!
//! The loop is closed: a worker sends its next request when it has done with the previous one, so
//! a slow server slows the load down, and its latencies leave out the requests that would
//! otherwise have been sent meanwhile ("coordinated omission").

pub mod ab;
mod budget;
mod cause;
mod connection;
pub mod display;
mod error_class;
pub mod export;
pub mod gate;
mod load;
mod plan;
mod progress;
mod report;
mod results;
mod run;
pub mod script;
mod source;
mod trace;
mod url;
mod wire;
mod worker;

pub use budget::StopReason;
pub use error_class::ErrorClass;
pub use plan::{ConnectionMode, Expect, Plan, Target};
pub use progress::Progress;
pub use report::{Report, Tally};
pub use results::{Interval, Latency, Results, Server};
pub use run::{GRACE, run};
pub use source::SourcePool;
pub use url::{BadUrl, Url};
