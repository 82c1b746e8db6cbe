//! Whether a director is set up as it was meant.
//!
//! [`gather`](gather()) looks at the kernel's services, settings, routes and neighbours and makes a
//! [`Snapshot`] of them, which is data. [`findings::all`] is a pure function of it; **to add a
//! finding, add it to the file of its group below `findings/`**. [`Report`] is what a reader sees.

pub mod findings;
pub mod report;
pub mod schedulers;
pub mod settings;
pub mod snapshot;

mod commands;
mod finding;
mod gather;
#[cfg(test)]
mod testing;

pub use finding::{Finding, Object, Severity};
pub use gather::{GatherError, gather, look_at_network};
pub use report::Report;
pub use snapshot::Snapshot;
