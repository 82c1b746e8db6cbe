//! What is to be simulated.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::ValueEnum;
use director_setup::{Thresholds, Weight};
use serde::Serialize;

use super::addresses::Addresses;
use super::discipline::Discipline;
use super::positive::Positive;
use super::service_time::ServiceTime;
use crate::Share;
use crate::director::DirectorSettings;
use crate::model::ServerSettings;
use crate::replay::Replies;

/// A virtual service, its real servers, what happens to them, and the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Scheduler, flags, kernel and persistence. The seed in it is not used: every run has its own.
    pub service: DirectorSettings,
    /// Whether the director sees the answers: it does under NAT.
    pub replies: Replies,
    /// How connections end, as the director sees it.
    pub ending: Ending,
    /// Every real server that the service has at some time, in the order of addition.
    pub servers: Vec<PlannedServer>,
    /// What happens to them on the way, in any order.
    pub changes: Vec<PlannedChange>,
    /// What comes.
    pub load: Load,
    /// What is drawn.
    pub seeds: Seeds,
    /// Running shares have settled when each is within this of its final value.
    pub tolerance: Share,
}

/// A real server.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedServer {
    /// Its name in the outcome.
    pub name: String,
    /// Its address and port, which matter to mh alone. No two servers share one.
    pub address: SocketAddr,
    /// The weight that it has first.
    pub weight: Weight,
    /// When it is full.
    pub thresholds: Thresholds,
    /// A server of speed 2 takes half of the service time.
    pub speed: Positive,
    /// Whether it is listed at first.
    pub presence: Presence,
}

/// Whether a real server is listed before the first connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    FromTheStart,
    /// A change adds it.
    Later,
}

/// The first of the addresses of [`PlannedServer::numbered`].
const FIRST_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
const PORT: u16 = 80;

impl PlannedServer {
    /// The server `rs1`, `rs2`, … of number 0, 1, … at 192.168.1.2, 192.168.1.3, …, port 80.
    pub fn numbered(number: u16, weight: Weight) -> Self {
        let address = FIRST_SERVER.to_bits() + u32::from(number);
        Self {
            name: format!("rs{}", u32::from(number) + 1),
            address: SocketAddr::from((Ipv4Addr::from_bits(address), PORT)),
            weight,
            thresholds: Thresholds::default(),
            speed: Positive::ONE,
            presence: Presence::FromTheStart,
        }
    }

    pub(super) fn settings(&self, weight: Weight) -> ServerSettings {
        ServerSettings {
            weight,
            thresholds: self.thresholds,
        }
    }
}

/// A change of the list of real servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedChange {
    /// When.
    pub when: Moment,
    /// Which server, by its place in [`Plan::servers`].
    pub server: usize,
    /// What happens to it.
    pub change: Change,
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// After so many connections, refused ones included.
    Connections(u64),
    /// So long after the start; it takes effect at the next connection.
    Time(Duration),
}

/// What happens to a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It gets another weight.
    Weight(Weight),
    /// It is removed; its connections live on.
    Remove,
    /// It is added with this weight.
    Add(Weight),
}

/// How connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// TCP.
    Tcp(Close),
    /// UDP, one datagram and one answer each; with the flag of one-packet scheduling every datagram
    /// is forgotten at once.
    Udp,
}

/// Who ends a TCP connection, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Close {
    /// The real server closes first, as HTTP servers do without keep-alive.
    #[default]
    Server,
    /// The client closes first, with FIN.
    Fin,
    /// The client resets the connection.
    Rst,
}

/// What comes to the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Connections in all, refused ones included.
    pub connections: u64,
    /// When they come.
    pub arrivals: Arrivals,
    /// How long each keeps its real server busy.
    pub service_time: ServiceTime,
    /// Who is served when.
    pub discipline: Discipline,
    /// Where they come from.
    pub clients: Addresses,
    /// Where they go to.
    pub destinations: Addresses,
}

/// When connections come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// A closed loop: so many at a time, the next as soon as one is over. A refusal takes the client
    /// as long as a connection.
    Closed(u32),
    /// An open loop: so many a second, evenly spaced.
    Constant(Positive),
    /// An open loop: so many a second on average, each for itself.
    Poisson(Positive),
}

/// Runs from one seed to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u32,
}
