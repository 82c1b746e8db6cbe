//! HTTP over one connection: the lean path and the general one, which must see the same.

mod answer;
mod chunked;
mod connection;
mod general;
mod head;
mod lean;
mod prepared;
pub mod response;
mod tls;
mod tunnel;
mod wire;

pub use tls::{BadTls, Tls, TlsParameters, TlsSetup, TlsVersions, Trust, UnknownSuite};
pub use tunnel::Tunnel;

pub(crate) use answer::Answer;
pub(crate) use connection::Connection;
pub(crate) use lean::Reader;
pub(crate) use prepared::{More, Prepared};
