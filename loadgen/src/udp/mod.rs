//! Load by UDP: numbered datagrams that real servers echo.
//!
//! [`Plan`] says what to send, [`run`] sends it, [`Report`] says what came back: echoes are matched
//! by number, so that loss, duplicates and reordering are told apart. The payload is described in
//! [`payload`].

mod ledger;
pub mod payload;
mod plan;
mod report;
mod run;
mod text;

pub use plan::Plan;
pub use report::{Report, Tally};
pub use run::run;
pub use text::text;
