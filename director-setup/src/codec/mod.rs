//! Bytes of the kernel's IPVS messages to values and back, without any I/O.
//!
//! Decoding takes whatever a socket may deliver: every malformed input is a [`DecodeError`].
//! Encoding refuses only what has no place in the kernel's message, as an [`EncodeError`]; what
//! the kernel itself judges (a scheduler's existence, say) is left to it.
//!
//! Requests mark their nests with `NLA_F_NESTED`, the kernel's answers do not; both are read.

pub mod change;
pub mod daemon;
pub mod destination;
pub mod family;
pub mod info;
pub mod message;
pub mod service;
pub mod statistics;
pub mod timeouts;

mod address;
mod attributes;
mod error;

pub use error::{DecodeError, EncodeError, Object};
