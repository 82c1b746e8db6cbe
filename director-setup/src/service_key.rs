//! What tells one virtual service from another.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AddressFamily, Protocol};

/// The identity of a virtual service within one network namespace.
///
/// Its text is `tcp 192.168.0.1:80`, `udp [2001:db8::1]:53` or `fwmark 5 ipv4`, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServiceKey {
    /// A virtual address and port.
    Address {
        /// The transport protocol.
        protocol: Protocol,
        /// The VIP. The flow label and the scope of an IPv6 address are not part of the kernel's
        /// key: leave them zero, as parsing a text without a scope does.
        address: SocketAddr,
    },
    /// Packets that the packet filter has marked.
    FirewallMark {
        /// The mark. The kernel takes 0 for a service at address 0.0.0.0, so there is no 0 here.
        #[serde(rename = "fwmark")]
        mark: NonZeroU32,
        /// The family of the packets: one mark can serve IPv4 and IPv6 differently.
        family: AddressFamily,
    },
}

/// A text that is not the key of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no virtual service: write `tcp 192.168.0.1:80` or `fwmark 5 ipv4`")]
pub struct MalformedServiceKey(String);

impl ServiceKey {
    /// The TCP service at this address and port.
    pub const fn tcp(address: SocketAddr) -> Self {
        let protocol = Protocol::Tcp;
        Self::Address { protocol, address }
    }

    /// The UDP service at this address and port.
    pub const fn udp(address: SocketAddr) -> Self {
        let protocol = Protocol::Udp;
        Self::Address { protocol, address }
    }

    /// The service of the packets of `family` that carry this firewall mark.
    pub const fn firewall_mark(mark: NonZeroU32, family: AddressFamily) -> Self {
        Self::FirewallMark { mark, family }
    }

    /// The family of the service's packets.
    pub fn family(&self) -> AddressFamily {
        match self {
            Self::Address { address, .. } => AddressFamily::from(*address),
            Self::FirewallMark { family, .. } => *family,
        }
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { protocol, address } => write!(f, "{protocol} {address}"),
            Self::FirewallMark { mark, family } => write!(f, "fwmark {mark} {family}"),
        }
    }
}

impl FromStr for ServiceKey {
    type Err = MalformedServiceKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| MalformedServiceKey(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<ServiceKey> {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        ["fwmark", mark, family] => Some(ServiceKey::FirewallMark {
            mark: mark.parse().ok()?,
            family: family.parse().ok()?,
        }),
        [protocol, address] => Some(ServiceKey::Address {
            protocol: protocol.parse().ok()?,
            address: address.parse().ok()?,
        }),
        _ => None,
    }
}
