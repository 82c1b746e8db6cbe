//! Experiments: what is to be built, which load it gets, and what must hold.
//!
//! What is written, in a file or on the command line, is an [`ExperimentFile`]; what is meant is an
//! [`Experiment`]. [`ExperimentFile::parse`] leads from the one to the other, or to [`Problems`]:
//! everything that is wrong, each with its place and what to write instead.

pub mod builtin;
mod file;
mod flags;
mod parse;
mod plan;
mod problem;
mod read;
mod render;
pub mod source;
mod spelling;
#[cfg(test)]
mod tests;
mod written;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use director_setup::{Forwarding, Scheduler, Weight};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

pub use file::{ExpectFile, ExperimentFile, LoadFile, NetworkFile, ServerFile, ServiceFile};
pub use flags::ExperimentFlags;
pub use problem::{Colour, Problem, Problems, Source};
pub use written::{Field, Place, Scalar, Written};

/// A valid experiment: every address fits its network, every number its range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Short name, also the name of its output folder: `[a-z0-9-]`, at most 64 characters.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// The virtual service.
    pub service: Service,
    /// Where everything stands.
    pub network: Network,
    /// The real servers, in the order in which they are added to the service; at least one.
    pub servers: Vec<Server>,
    /// The load that the client offers.
    pub load: Load,
    /// What must hold.
    pub expect: Expectation,
}

/// The virtual service under test; TCP over IPv4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Virtual address and port.
    pub vip: SocketAddrV4,
    /// Scheduler; the kernel has the last word on whether it exists.
    pub scheduler: Scheduler,
    /// Forwarding method of all real servers.
    pub forwarding: Forwarding,
}

/// The two networks of the lab and the addresses of its fixed hosts.
///
/// With NAT they are two links, one on each side of the director; with direct routing they share
/// one link, and may be the same network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The network of the client and the VIP.
    pub outer: Ipv4Net,
    /// The network of the real servers.
    pub inner: Ipv4Net,
    /// The client's first address, in the outer network.
    pub client: Ipv4Addr,
    /// The director's address in the inner network, the DIP.
    pub director: Ipv4Addr,
}

/// One real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Name, unique in the experiment: `[a-z0-9-]`, at most 32 characters.
    pub name: String,
    /// Address and port, in the inner network.
    pub address: SocketAddrV4,
    /// Weight, 0 to 65535.
    pub weight: Weight,
    /// How it behaves.
    pub answers: Answers,
}

/// How a real server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Serves every request.
    Normally,
    /// Accepts connections and reads requests, and never answers one.
    Never,
    /// Does not listen: connections are refused.
    Refuses,
}

/// The load that the client offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Number of requests, at least 1.
    pub requests: u64,
    /// Connections open at a time, at least 1 and at most `requests`.
    pub concurrency: u32,
    /// Whether a connection carries one request or as many as it can.
    pub connections: ConnectionMode,
    /// Path of the request, in origin form.
    pub path: String,
    /// Longest wait for one request.
    pub timeout: Duration,
    /// Longest duration of the whole load.
    pub time_limit: Duration,
    /// Number of failed requests after which the load ends.
    pub give_up_after: u64,
}

/// How many requests a connection carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionMode {
    /// One request each, so that every request is scheduled.
    PerRequest,
    /// As many as the server allows.
    KeepAlive,
}

/// What must hold for the experiment to pass.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// Largest difference between observed and expected share, 0 to 1.
    pub tolerance: f64,
}
