//! The threads that keep the connection tables of two directors alike.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A synchronisation daemon of one network namespace (`ipvsadm --start-daemon`).
///
/// There can be one of each role. With real servers of the other address family than their
/// service, the kernel refuses them with `EINVAL`, and the other way round
/// (`net/netfilter/ipvs/ip_vs_sync.c`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// Whether it sends or receives.
    pub role: SyncRole,
    /// The network interface of the multicasts, at most 15 bytes.
    pub interface: String,
    /// Tells groups of directors on one network apart, 0 to 255. A backup that has 0 takes the
    /// messages of all.
    pub sync_id: u32,
    /// The longest message in bytes, without the headers of IP and UDP. `None`: as much as fits
    /// the interface's MTU. Since Linux 4.3, as all below.
    pub max_length: Option<u16>,
    /// The multicast group. `None`: 224.0.0.81.
    pub group: Option<IpAddr>,
    /// The UDP port. `None`: 8848.
    pub port: Option<u16>,
    /// The time to live of the multicasts. `None`: 1.
    pub ttl: Option<u8>,
}

/// What a synchronisation daemon does (`IP_VS_STATE_*` in `include/uapi/linux/ip_vs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncRole {
    /// Tells the others of its connections.
    Master,
    /// Takes over the connections that a master tells of.
    Backup,
}

impl SyncDaemon {
    /// A daemon with the kernel's defaults and synchronisation id 0.
    pub fn new(role: SyncRole, interface: impl Into<String>) -> Self {
        Self {
            role,
            interface: interface.into(),
            sync_id: 0,
            max_length: None,
            group: None,
            port: None,
            ttl: None,
        }
    }
}

impl SyncRole {
    /// The role's number in `IP_VS_STATE_*`.
    pub const fn number(self) -> u32 {
        match self {
            Self::Master => 1,
            Self::Backup => 2,
        }
    }

    /// The role of this number, if there is one.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Master),
            2 => Some(Self::Backup),
            _ => None,
        }
    }
}

impl fmt::Display for SyncRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Master => "master",
            Self::Backup => "backup",
        })
    }
}
