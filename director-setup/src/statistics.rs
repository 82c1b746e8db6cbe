//! What the kernel counts for a service or a real server.

use serde::{Deserialize, Serialize};

/// Totals and rates (`struct ip_vs_kstats` in `include/net/ip_vs.h`).
///
/// The kernel's estimator refreshes them every 2 seconds, so they may lag by that much
/// (`net/netfilter/ipvs/ip_vs_est.c`). They are 64 bits wide since Linux 4.1; before, all but the
/// bytes wrapped at 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// Since the object was added or zeroed.
    pub totals: Totals,
    /// A moving average over the last seconds.
    pub rates: Rates,
}

/// Counts since the object was added or zeroed.
///
/// `in` is from the client to the real server, `out` is back. With direct routing and tunnelling
/// the replies do not pass the director, so nothing goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Connections that were scheduled.
    pub connections: u64,
    /// Packets from clients.
    pub packets_in: u64,
    /// Packets to clients.
    pub packets_out: u64,
    /// Bytes from clients, IP headers included.
    pub bytes_in: u64,
    /// Bytes to clients, IP headers included.
    pub bytes_out: u64,
}

/// Rates per second, whole numbers, as the kernel's estimator smooths them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rates {
    /// Connections per second.
    pub connections: u64,
    /// Packets per second from clients.
    pub packets_in: u64,
    /// Packets per second to clients.
    pub packets_out: u64,
    /// Bytes per second from clients.
    pub bytes_in: u64,
    /// Bytes per second to clients.
    pub bytes_out: u64,
}

/// The connections of a real server at this moment; unlike [`Statistics`] they do not lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionCounts {
    /// TCP connections that are being opened or are open.
    pub active: u32,
    /// All others: closing, or of a protocol without connections.
    pub inactive: u32,
    /// Templates of persistent clients.
    pub persistent: u32,
}
