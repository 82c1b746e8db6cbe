//! What VIPs need, as data.

use std::collections::BTreeSet;
use std::fmt;

use netlink_packet_route::link::InfoKind;
use serde::{Deserialize, Serialize};

use super::{Method, Tunnel, Vip};
use crate::AddressFamily;
use crate::network::fou::GuePort;
use crate::network::{InterfaceName, Sysctl};

/// A setting of `net.ipv4.conf` on which a real server depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingName {
    /// Whether ARP questions for addresses of other interfaces are answered.
    ArpIgnore,
    /// Which own address ARP questions carry as the asker's.
    ArpAnnounce,
    /// Whether packets must come in where replies to them would go out.
    RpFilter,
}

/// A setting for one interface, or for `all`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting {
    /// The interface, or `all`.
    pub interface: InterfaceName,
    /// Which setting.
    pub name: SettingName,
}

/// An interface that unwraps tunnelled packets: the module's fallback device, which takes packets
/// from every director.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// IPv4 in IPv4, module `ipip`.
    Tunl0,
    /// GRE over IPv4, module `ip_gre`.
    Gre0,
    /// IPv6 in IPv6, module `ip6_tunnel`.
    Ip6tnl0,
    /// GRE over IPv6, module `ip6_gre`.
    Ip6gre0,
}

/// Everything that some VIPs need beside their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Settings that must have [`SettingName::wanted`] or an equivalent.
    pub settings: BTreeSet<Setting>,
    /// Interfaces that must be up.
    pub devices: BTreeSet<Device>,
    /// Ports that must be open.
    pub ports: BTreeSet<GuePort>,
}

impl SettingName {
    /// The name below `net.ipv4.conf.INTERFACE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ArpIgnore => "arp_ignore",
            Self::ArpAnnounce => "arp_announce",
            Self::RpFilter => "rp_filter",
        }
    }

    /// The value that a real server needs.
    pub const fn wanted(self) -> i32 {
        match self {
            Self::ArpIgnore => 1,
            Self::ArpAnnounce => 2,
            Self::RpFilter => 0,
        }
    }

    /// Whether a value does as well (`Documentation/networking/ip-sysctl.rst`, Linux 6.12):
    /// `arp_ignore` 2 and 8 are stricter than 1, 3 would answer for a VIP of global scope.
    pub const fn satisfied_by(self, value: i32) -> bool {
        match self {
            Self::ArpIgnore => matches!(value, 1 | 2 | 8),
            _ => value == self.wanted(),
        }
    }
}

impl Setting {
    /// A setting of all interfaces together.
    pub fn of_all(name: SettingName) -> Self {
        let interface = InterfaceName::all();
        Self { interface, name }
    }

    /// The setting in the kernel's namespace.
    pub fn sysctl(&self) -> Sysctl {
        Sysctl::ipv4_conf(&self.interface, self.name.as_str())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sysctl().fmt(f)
    }
}

impl Device {
    /// The device that unwraps what such a tunnel brings for a VIP of this family; the outer
    /// packets are taken to be of the same family.
    pub const fn of(tunnel: Tunnel, family: AddressFamily) -> Self {
        match (tunnel, family) {
            // GUE is unwrapped by its port; what is inside then arrives as IP in IP.
            (Tunnel::Ipip | Tunnel::Gue { .. }, AddressFamily::Ipv4) => Self::Tunl0,
            (Tunnel::Ipip | Tunnel::Gue { .. }, AddressFamily::Ipv6) => Self::Ip6tnl0,
            (Tunnel::Gre, AddressFamily::Ipv4) => Self::Gre0,
            (Tunnel::Gre, AddressFamily::Ipv6) => Self::Ip6gre0,
        }
    }

    /// The interface's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tunl0 => "tunl0",
            Self::Gre0 => "gre0",
            Self::Ip6tnl0 => "ip6tnl0",
            Self::Ip6gre0 => "ip6gre0",
        }
    }

    /// The interface's name, as an interface's.
    pub fn interface(self) -> InterfaceName {
        InterfaceName::fixed(self.as_str())
    }

    /// The kind by which the kernel finds its module.
    pub const fn kind(self) -> InfoKind {
        match self {
            Self::Tunl0 => InfoKind::IpIp,
            Self::Gre0 => InfoKind::GreTun,
            Self::Ip6tnl0 => InfoKind::Ip6Tnl,
            Self::Ip6gre0 => InfoKind::GreTun6,
        }
    }

    /// The kernel module that brings it.
    pub const fn module(self) -> &'static str {
        match self {
            Self::Tunl0 => "ipip",
            Self::Gre0 => "ip_gre",
            Self::Ip6tnl0 => "ip6_tunnel",
            Self::Ip6gre0 => "ip6_gre",
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Needs {
    /// What these VIPs need together.
    pub fn of<'a>(vips: impl IntoIterator<Item = &'a Vip>) -> Self {
        let mut needs = Self::default();
        for vip in vips {
            needs.add(vip);
        }
        needs
    }

    fn add(&mut self, vip: &Vip) {
        let family = AddressFamily::from(vip.address);
        if family == AddressFamily::Ipv4 {
            for name in [SettingName::ArpIgnore, SettingName::ArpAnnounce] {
                self.need(vip.interface.clone(), name);
            }
        }
        let Method::Tun(tunnel) = vip.method else {
            return;
        };
        let device = Device::of(tunnel, family);
        self.devices.insert(device);
        if family == AddressFamily::Ipv4 {
            self.need(device.interface(), SettingName::RpFilter);
        }
        if let Tunnel::Gue { port } = tunnel {
            let port = port.get();
            self.ports.insert(GuePort { port, family });
        }
    }

    /// The kernel takes the greater of the value for the interface and the value for all.
    fn need(&mut self, interface: InterfaceName, name: SettingName) {
        self.settings.insert(Setting::of_all(name));
        self.settings.insert(Setting { interface, name });
    }
}
