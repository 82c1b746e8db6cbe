//! HTTP/1 without allocations for each request: one buffer to read into, one for heads to be sent, and
//! bodies that are sent from where they lie.

mod connection;
mod head;
mod output;

pub(crate) use connection::serve;
pub(crate) use head::is_kept;
pub use head::{Head, Reading};
