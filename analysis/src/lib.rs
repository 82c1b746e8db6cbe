//! Scheduler models, share statistics, verdicts and reports for Linux Virtual Server labs.
//!
//! Pure: no files, no clock, no threads. What a lab saw comes in as an [`Observation`];
//! [`judge()`] replays it through a [`model`] of the scheduler and returns a [`Record`],
//! and every [`view`] is a function of records alone.
//!
//! ```text
//! Observation --replay through a model--> Prediction --compare--> Record --> text, HTML, ...
//! ```

pub mod advice;
pub mod director;
mod figures;
pub mod judge;
pub mod model;
pub mod observation;
pub mod record;
pub mod replay;
mod share;
pub mod simulate;
pub mod statistics;
pub mod synthetic;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod view;

pub use judge::{Verdict, judge};
pub use observation::Observation;
pub use record::Record;
pub use share::{Share, ShareOutOfRange};
pub use statistics::Interval;
