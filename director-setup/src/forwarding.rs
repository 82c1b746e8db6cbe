//! How the director hands packets to a real server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A packet forwarding method (`IP_VS_CONN_F_FWD_MASK` in `include/uapi/linux/ip_vs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Forwarding {
    /// Network address translation: both directions pass the director (`ipvsadm -m`).
    Nat,
    /// Direct routing: the frame gets the real server's MAC address, replies bypass the director
    /// (`ipvsadm -g`).
    Dr,
    /// IP tunnelling: the packet is wrapped, replies bypass the director (`ipvsadm -i`).
    Tun,
    /// The real server is the director itself; set by the kernel, not by a user.
    Local,
    /// Forwarded to the original destination when no cache server is left; set by the kernel.
    Bypass,
}

impl fmt::Display for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nat => "nat",
            Self::Dr => "dr",
            Self::Tun => "tun",
            Self::Local => "local",
            Self::Bypass => "bypass",
        })
    }
}
