//! Sockets: where connections come from and how they are made.

mod reactor;
mod source;
mod stream;

pub use source::SourcePool;

pub(crate) use reactor::{Reactor, Readiness};
pub(crate) use source::Dialer;
pub(crate) use stream::Stream;
