//! Topologies as pure data: which hosts there are, how they are linked, what each is given.

mod client;
mod direct_routing;
mod drawing;
mod nat;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use director_setup::Forwarding;
use ipnet::Ipv4Net;

use crate::experiment::Experiment;

pub use client::{SOURCE_PORTS, client_addresses};
pub use drawing::draw;

/// A MAC address.
pub type Mac = [u8; 6];

/// A lab as it is to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The host that offers load.
    pub client: Node,
    /// The host that runs IPVS.
    pub director: Node,
    /// The real servers, in the order of the experiment.
    pub real_servers: Vec<Node>,
    /// The switches; each is a bridge in a namespace of its own.
    pub switches: Vec<Switch>,
}

/// A host: one network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Name, for messages.
    pub name: String,
    /// Settings below `net/` of `/proc/sys`, written before any interface exists.
    pub sysctls: Vec<Sysctl>,
    /// Interfaces, each plugged into a switch.
    pub interfaces: Vec<Interface>,
    /// Addresses of the loopback interface beyond its own.
    pub loopback: Vec<Ipv4Net>,
    /// Routes beyond those to the networks of the interfaces.
    pub routes: Vec<Route>,
}

/// One network interface: a veth whose peer is a port of a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Name inside the node, at most 15 bytes.
    pub name: &'static str,
    /// Hardware address; fixed, so that it can be recognised in neighbour tables.
    pub mac: Mac,
    /// Index of the switch in [`Topology::switches`].
    pub switch: usize,
    /// Addresses with the prefix of their network.
    pub addresses: Vec<Ipv4Net>,
}

/// A learning switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Name, for messages.
    pub name: &'static str,
}

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Everything else goes to this gateway.
    Default {
        /// The gateway.
        via: Ipv4Addr,
    },
    /// A network that is reached by another gateway than everything else.
    Via {
        /// The network.
        network: Ipv4Net,
        /// The gateway.
        gateway: Ipv4Addr,
    },
    /// A network whose every address is the host's own.
    Local {
        /// The network.
        network: Ipv4Net,
    },
    /// A network that is reached on a link without a gateway.
    OnLink {
        /// The network.
        network: Ipv4Net,
        /// Name of the interface.
        interface: &'static str,
    },
}

/// One kernel setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sysctl {
    /// Path below `/proc/sys`.
    pub path: &'static str,
    /// Value.
    pub value: &'static str,
}

/// Plans the lab that an experiment needs.
///
/// # Panics
///
/// With a forwarding method that [`Experiment`] cannot hold.
pub fn plan(experiment: &Experiment) -> Topology {
    match experiment.service.forwarding {
        Forwarding::Nat => nat::plan(experiment),
        Forwarding::Dr => direct_routing::plan(experiment),
        other => unreachable!("an experiment with {other} forwarding is refused when it is read"),
    }
}

/// A locally administered MAC address that spells the IPv4 address it belongs to.
fn mac_of(address: Ipv4Addr) -> Mac {
    let [a, b, c, d] = address.octets();
    [0x02, 0x4c, a, b, c, d]
}

/// Settings of every host: without IPv6 there is no traffic but the lab's own.
const QUIET: [Sysctl; 2] = [
    Sysctl {
        path: "net/ipv6/conf/all/disable_ipv6",
        value: "1",
    },
    Sysctl {
        path: "net/ipv6/conf/default/disable_ipv6",
        value: "1",
    },
];

/// The director's settings.
///
/// A director without eligible server refuses by ICMP. Without `icmp_ratelimit=0` some clients would
/// hear of it only after a second, and without `icmp_ratemask=0` no more than 1000 would in a second
/// (`icmp_msgs_per_sec`; `icmpv4_global_allow` in `net/ipv4/icmp.c`).
fn director_sysctls(ip_forward: &'static str) -> Vec<Sysctl> {
    let settings = [
        Sysctl {
            path: "net/ipv4/ip_forward",
            value: ip_forward,
        },
        Sysctl {
            path: "net/ipv4/icmp_ratelimit",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/icmp_ratemask",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/conf/all/rp_filter",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/conf/default/rp_filter",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/conf/all/send_redirects",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/conf/default/send_redirects",
            value: "0",
        },
    ];
    [QUIET.as_slice(), &settings].concat()
}

impl Interface {
    /// An interface with one address, which its MAC address spells.
    fn new(name: &'static str, switch: usize, address: Ipv4Addr, network: Ipv4Net) -> Self {
        let mac = mac_of(address);
        Self {
            name,
            mac,
            switch,
            addresses: vec![in_network(address, network)],
        }
    }

    /// The same with one more address.
    fn with_address(mut self, address: Ipv4Addr, network: Ipv4Net) -> Self {
        self.addresses.push(in_network(address, network));
        self
    }
}

/// An address with the prefix length of its network.
fn in_network(address: Ipv4Addr, network: Ipv4Net) -> Ipv4Net {
    Ipv4Net::new_assert(address, network.prefix_len())
}

/// An address alone.
fn host(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::new_assert(address, 32)
}

impl Topology {
    /// The MAC address that the client must find behind the VIP: that of the director's interface
    /// on the client's switch.
    pub fn vip_mac(&self) -> Option<Mac> {
        let switch = self.client.interfaces.first()?.switch;
        let faces_client = |interface: &&Interface| interface.switch == switch;
        self.director
            .interfaces
            .iter()
            .find(faces_client)
            .map(|interface| interface.mac)
    }

    /// Every host, in the order in which it is built.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        [&self.client, &self.director]
            .into_iter()
            .chain(&self.real_servers)
    }
}
