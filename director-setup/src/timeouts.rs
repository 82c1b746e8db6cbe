//! How long connections without traffic are remembered.

use serde::{Deserialize, Serialize};

/// The timeouts of the connection table of one network namespace, in seconds (`ipvsadm --set`).
///
/// They are three of the timeouts of `tcp_timeouts` and `udp_timeouts` in
/// `net/netfilter/ipvs/ip_vs_proto_tcp.c` and `ip_vs_proto_udp.c`; the others are fixed. Setting
/// one to 0 keeps it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timeouts {
    /// Of an established TCP connection; 900 by default.
    pub tcp: u32,
    /// Of a TCP connection after a FIN was seen; 120 by default.
    pub tcp_fin: u32,
    /// Of a UDP "connection"; 300 by default.
    pub udp: u32,
}
