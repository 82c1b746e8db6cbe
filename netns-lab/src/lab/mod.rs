//! Inside a lab: runs the experiments of a job and says what came of it.

mod connection_table;
mod director;
mod farm;
mod load;
mod observe;
mod proof;
mod serve;
mod tap;

pub use observe::{LabError, Setting, observe};
pub use serve::serve;
pub use tap::Tap;
