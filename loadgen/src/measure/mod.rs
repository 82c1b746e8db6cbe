//! What is measured of requests: no sample is kept unless asked for.

mod report;
mod sample;
mod timing;

pub use report::{FirstResponse, Report, StopReason, Tally, WarmUp};
pub use sample::{Interval, Sample};
pub use timing::Timing;

pub(crate) use sample::Spans;
