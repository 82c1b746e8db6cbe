//! The load generator against real and odd servers, over loopback.

mod command;
mod counts;
mod failures;
mod stopping;
mod support;
