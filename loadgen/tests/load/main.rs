//! The load generator against real and odd servers, over loopback.

mod acting;
mod command;
mod counts;
mod effects;
mod failures;
mod framing;
mod kept_connections;
mod odd_servers;
mod open_loop;
mod percentiles;
mod phases;
mod secure;
mod stopping;
mod support;
mod udp;
