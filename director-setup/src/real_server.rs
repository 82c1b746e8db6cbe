//! Real servers.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::{ConnectionCounts, Forwarding, Statistics, Tunnel, UnknownAttributes, Weight};

/// The configuration of a real server of one service, without counters.
///
/// Within a service a real server is known by its address and port; the rest can be edited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RealServer {
    /// The RIP and port. With [`Forwarding::Dr`] and [`Forwarding::Tun`] packets keep the
    /// service's port, whatever is said here. Flow label and scope of an IPv6 address are unknown
    /// to the kernel: leave them zero.
    pub address: SocketAddr,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Its capacity relative to the others.
    pub weight: Weight,
    /// When it is full, and when no longer.
    pub thresholds: Thresholds,
    /// How packets are wrapped with [`Forwarding::Tun`]; of no effect otherwise.
    pub tunnel: Tunnel,
    /// What a newer kernel said of it; given back when the server is edited.
    #[serde(default, skip_serializing_if = "UnknownAttributes::is_empty")]
    pub unknown: UnknownAttributes,
}

/// Numbers of connections between which a full real server becomes available again.
///
/// The kernel refuses `lower > upper` with `ERANGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Thresholds {
    /// From so many connections on, active and inactive, it gets no new ones; 0: no limit.
    pub upper: u32,
    /// Below so many it gets new ones again; 0: below three quarters of `upper`.
    pub lower: u32,
}

/// A real server as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServerEntry {
    /// Its configuration.
    #[serde(flatten)]
    pub server: RealServer,
    /// What is open now.
    pub connections: ConnectionCounts,
    /// What it has carried since it was added or its service zeroed.
    pub statistics: Statistics,
}

impl RealServer {
    /// A real server of weight 1 without thresholds; a tunnel to it is plain IP-in-IP.
    pub fn new(address: SocketAddr, forwarding: Forwarding) -> Self {
        Self {
            address,
            forwarding,
            weight: Weight::ONE,
            thresholds: Thresholds::default(),
            tunnel: Tunnel::default(),
            unknown: UnknownAttributes::NONE,
        }
    }

    /// The same server with this weight.
    #[must_use]
    pub const fn with_weight(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    /// The same server with these thresholds.
    #[must_use]
    pub const fn with_thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// The same server behind such a tunnel.
    #[must_use]
    pub const fn with_tunnel(mut self, tunnel: Tunnel) -> Self {
        self.tunnel = tunnel;
        self
    }
}
