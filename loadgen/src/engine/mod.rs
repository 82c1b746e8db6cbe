//! The one loop: schedule -> connection -> exchange -> recorder. Stop, pacing, connections, close
//! and protocol are the plan's parameters of it.

mod alarm;
mod crew;
mod load;
mod recorder;
mod run;
mod schedule;
mod slot;
mod worker;

pub use run::{GRACE, Part, run, run_part, run_threads};

pub(crate) use alarm::Alarm;
pub(crate) use schedule::Due;
pub(crate) use slot::{Phase, Slot};
