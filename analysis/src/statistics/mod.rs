//! Statistics of shares: intervals, tails and tests.

mod binomial;
mod flake;
mod gamma;
mod goodness_of_fit;
mod interval;

pub use binomial::{ln_upper_tail, two_sided_p};
pub use flake::ln_flake_bound;
pub use goodness_of_fit::goodness_of_fit;
pub use interval::Interval;
pub(crate) use interval::{connections_to_decide, prediction_interval};
