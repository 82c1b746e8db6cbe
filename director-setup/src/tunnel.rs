//! How packets are wrapped on their way to a tunnelled real server.

use serde::{Deserialize, Serialize};

/// The encapsulation of a real server with [`Forwarding::Tun`](crate::Forwarding::Tun)
/// (`IP_VS_CONN_F_TUNNEL_TYPE_*` in `include/uapi/linux/ip_vs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tunnel {
    /// IP in IP: the only one before Linux 5.2.
    #[default]
    Ipip,
    /// Generic UDP encapsulation, since Linux 5.2.
    Gue {
        /// The UDP port at the real server; the kernel refuses 0 with `EINVAL`.
        port: u16,
        /// How the UDP header is protected.
        checksum: TunnelChecksum,
    },
    /// Generic routing encapsulation, since Linux 5.3.
    Gre {
        /// How the GRE header is protected.
        checksum: TunnelChecksum,
    },
    /// A combination that has no meaning to IPVS, but that the kernel stores.
    Other {
        /// `IPVS_DEST_ATTR_TUN_TYPE`.
        kind: u8,
        /// `IPVS_DEST_ATTR_TUN_PORT`, in host order.
        port: u16,
        /// `IPVS_DEST_ATTR_TUN_FLAGS`.
        flags: u16,
    },
}

/// The checksum of an encapsulating header (`IP_VS_TUNNEL_ENCAP_FLAG_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TunnelChecksum {
    /// None.
    #[default]
    None,
    /// A checksum of the whole packet.
    Full,
    /// A checksum that the receiver restores from the inner packet's; for GUE.
    Remote,
    /// Other bits, which the kernel stores.
    Other(u16),
}

/// A tunnel as the three attributes of the kernel say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RawTunnel {
    pub(crate) kind: u8,
    pub(crate) port: u16,
    pub(crate) flags: u16,
}

impl From<u16> for TunnelChecksum {
    fn from(flags: u16) -> Self {
        match flags {
            0 => Self::None,
            1 => Self::Full,
            2 => Self::Remote,
            _ => Self::Other(flags),
        }
    }
}

impl From<TunnelChecksum> for u16 {
    fn from(checksum: TunnelChecksum) -> Self {
        match checksum {
            TunnelChecksum::None => 0,
            TunnelChecksum::Full => 1,
            TunnelChecksum::Remote => 2,
            TunnelChecksum::Other(flags) => flags,
        }
    }
}

impl From<RawTunnel> for Tunnel {
    fn from(RawTunnel { kind, port, flags }: RawTunnel) -> Self {
        let checksum = TunnelChecksum::from(flags);
        match (kind, port, flags) {
            (0, 0, 0) => Self::Ipip,
            (1, _, _) => Self::Gue { port, checksum },
            (2, 0, _) => Self::Gre { checksum },
            _ => Self::Other { kind, port, flags },
        }
    }
}

impl From<Tunnel> for RawTunnel {
    fn from(tunnel: Tunnel) -> Self {
        let (kind, port, flags) = match tunnel {
            Tunnel::Ipip => (0, 0, 0),
            Tunnel::Gue { port, checksum } => (1, port, checksum.into()),
            Tunnel::Gre { checksum } => (2, 0, checksum.into()),
            Tunnel::Other { kind, port, flags } => (kind, port, flags),
        };
        Self { kind, port, flags }
    }
}
