//! The IPVS vocabulary and its generic netlink driver.

mod forwarding;
mod scheduler;
mod weight;

pub use forwarding::Forwarding;
pub use scheduler::Scheduler;
pub use weight::{Weight, WeightOutOfRange};
