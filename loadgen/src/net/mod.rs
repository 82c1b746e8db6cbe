//! Sockets: where connections come from and how they are made.

mod source;

pub use source::SourcePool;

pub(crate) use source::Dialer;
