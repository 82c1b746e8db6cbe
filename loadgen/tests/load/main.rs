//! The load generator against real and odd servers, over loopback.

mod command;
mod counts;
mod failures;
mod odd_servers;
mod open_loop;
mod stopping;
mod support;
