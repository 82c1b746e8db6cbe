//! What datagrams to send.

use std::net::SocketAddr;
use std::time::Duration;

use super::payload::HEADER;
use crate::{Pacing, SourcePool};

/// One load of datagrams.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to, in turn of the flows.
    pub targets: Vec<SocketAddr>,
    /// How many datagrams to send in all; [`u64::MAX`] for no limit.
    pub datagrams: u64,
    /// No datagram is sent later than this.
    pub time_limit: Option<Duration>,
    /// How many sockets send: a director schedules each once, not each datagram. In a closed loop
    /// each has one datagram under way.
    pub flows: u32,
    /// When datagrams are sent. In an open loop the flows take turns.
    pub pacing: Pacing,
    /// An echo that takes longer is late, and its datagram is lost.
    pub timeout: Duration,
    /// The size of a datagram, from [`HEADER`] to [`MAX_SIZE`](super::payload::MAX_SIZE) bytes.
    pub size: usize,
    /// Where flows come from; without it the kernel chooses addresses and ports.
    pub source: Option<SourcePool>,
    /// Keep a histogram of every interval of this length.
    pub interval: Option<Duration>,
    /// From which Poisson arrivals are drawn.
    pub seed: u64,
}

impl Plan {
    /// One datagram in one flow, which is lost after a second.
    pub fn new(targets: Vec<SocketAddr>) -> Self {
        Self {
            targets,
            datagrams: 1,
            time_limit: None,
            flows: 1,
            pacing: Pacing::Closed {
                think: Duration::ZERO,
            },
            timeout: Duration::from_secs(1),
            size: HEADER,
            source: None,
            interval: None,
            seed: 0,
        }
    }
}
