//! Virtual services.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::{AddressFamily, Scheduler, ServiceFlags, ServiceKey, Statistics, UnknownAttributes};

/// The configuration of a virtual service, without its real servers and without counters.
///
/// Two services are equal if they are configured alike, so `desired == actual` asks whether there
/// is anything to change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Service {
    /// Which service this is.
    #[serde(flatten)]
    pub key: ServiceKey,
    /// How it chooses a real server. `Scheduler::Other("none")` refuses every new connection.
    pub scheduler: Scheduler,
    /// Flags of the service and its scheduler.
    pub flags: ServiceFlags,
    /// Whether and how long a client stays with its real server.
    pub persistence: Option<Persistence>,
    /// The persistence engine (`ipvsadm --pe`), such as `sip`; at most 16 bytes. Only looked at
    /// with persistence, but the kernel keeps it for any service.
    pub engine: Option<String>,
    /// What a newer kernel said of it; given back when the service is edited.
    #[serde(default, skip_serializing_if = "UnknownAttributes::is_empty")]
    pub unknown: UnknownAttributes,
}

/// How a client stays with the real server that it was given first (`ipvsadm -p`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistence {
    /// Seconds after the client's last connection until it is scheduled anew.
    pub timeout_seconds: u32,
    /// Which clients count as one.
    pub netmask: Netmask,
}

/// The part of a client's address that persistence looks at (`ipvsadm -M`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Netmask {
    /// A mask for IPv4; the kernel takes one with holes, too.
    Ipv4(Ipv4Addr),
    /// A prefix length for IPv6: 1 to 128, or the kernel answers `EINVAL`.
    Ipv6(u8),
}

/// A service as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEntry {
    /// Its configuration.
    #[serde(flatten)]
    pub service: Service,
    /// What it has carried since it was added or zeroed.
    pub statistics: Statistics,
}

impl Service {
    /// A service without flags and without persistence.
    pub const fn new(key: ServiceKey, scheduler: Scheduler) -> Self {
        Self {
            key,
            scheduler,
            flags: ServiceFlags::NONE,
            persistence: None,
            engine: None,
            unknown: UnknownAttributes::NONE,
        }
    }

    /// The same service with these flags.
    #[must_use]
    pub const fn with_flags(mut self, flags: ServiceFlags) -> Self {
        self.flags = flags;
        self
    }

    /// The same service, where each single client stays with its server for `timeout_seconds`.
    #[must_use]
    pub fn persistent(mut self, timeout_seconds: u32) -> Self {
        self.persistence = Some(Persistence {
            timeout_seconds,
            netmask: Netmask::single_client(self.key.family()),
        });
        self
    }
}

impl Netmask {
    /// The mask that tells every client address from every other.
    pub const fn single_client(family: AddressFamily) -> Self {
        match family {
            AddressFamily::Ipv4 => Self::Ipv4(Ipv4Addr::BROADCAST),
            AddressFamily::Ipv6 => Self::Ipv6(128),
        }
    }
}
