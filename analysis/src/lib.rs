//! Scheduler models, share statistics, verdicts and reports for Linux Virtual Server labs.
//!
//! Pure: no files, no clock, no threads. What a lab saw comes in as an [`Observation`].

pub mod observation;

pub use observation::Observation;
