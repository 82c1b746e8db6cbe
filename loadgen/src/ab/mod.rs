//! The command in the manner of ab: what is typed, what is printed, what is written to files.
//!
//! Nothing here opens a connection. [`Options`] say what was meant, [`Figures`] are what came of
//! it, [`report`] prints them line for line as ab 2.3 does.

pub mod exit;
mod figures;
pub mod files;
pub mod heartbeat;
mod options;
mod ordered;
pub mod report;
pub mod verbose;

pub use figures::{Failures, Figures, Row, Times, Tls};
pub use options::{
    Body, BodyCheck, Close, Color, Command, Connection, Credential, Expectation, Field, Files,
    Html, Layout, Options, Output, Pacing, Proxy, Sources, StatusRange, TlsOptions, TlsVersion,
    UnreadableBody, UsageError, help, parse, version,
};
pub use ordered::{Microseconds, Nanoseconds, Ordered};
