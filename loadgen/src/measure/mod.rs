//! What is measured of requests: no sample is kept unless asked for.

mod interval;
mod report;
mod sample;
mod timing;

pub use interval::Interval;
pub use report::{FirstResponse, Report, StopReason, Tally, WarmUp};
pub use sample::Sample;
pub use timing::Timing;

pub(crate) use interval::Intervals;
pub(crate) use sample::Spans;
