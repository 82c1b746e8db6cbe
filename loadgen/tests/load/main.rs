//! The load generator against real and odd servers, over loopback.

mod command;
mod counts;
mod failures;
mod odd_servers;
mod open_loop;
mod secure;
mod stopping;
mod support;
mod udp;
