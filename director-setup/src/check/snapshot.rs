//! A director at one moment, as data.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::schedulers::Availability;
use crate::network::address::InterfaceAddress;
use crate::network::arp::Claim;
use crate::network::neighbour::Neighbour;
use crate::network::route::Route;
use crate::network::{Interface, Sysctl};
use crate::{Forwarding, RealServer, Service};

/// Everything that findings are made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The services with their real servers.
    pub services: Vec<ConfiguredService>,
    /// Where each scheduler is, by its name.
    pub schedulers: BTreeMap<String, Availability>,
    /// The settings that exist, with their values.
    pub settings: BTreeMap<Sysctl, String>,
    /// The network around the services.
    pub network: Network,
}

/// A service with its real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredService {
    /// The service.
    pub service: Service,
    /// Its real servers in the kernel's order: the last added first.
    pub servers: Vec<RealServer>,
}

/// The network as the director sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// The interfaces.
    pub interfaces: Vec<Interface>,
    /// The addresses of the director.
    pub addresses: Vec<InterfaceAddress>,
    /// The kernel's route to each VIP and each real server.
    pub routes: BTreeMap<IpAddr, Route>,
    /// The MAC addresses that the director knows.
    pub neighbours: Vec<Neighbour>,
    /// What ARP probes for the VIPs brought.
    pub arp: ArpProbe,
}

/// What ARP probes for the VIPs brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArpProbe {
    /// Who answered, if anybody.
    Answers(Vec<Claim>),
    /// They could not be sent.
    NotSent(String),
}

impl Default for ArpProbe {
    fn default() -> Self {
        Self::Answers(Vec::new())
    }
}

impl Snapshot {
    /// The value of a setting, if it is there and a number.
    pub fn number(&self, sysctl: &Sysctl) -> Option<i64> {
        self.settings.get(sysctl)?.trim().parse().ok()
    }

    /// The value of `net.ipv4.vs.NAME`; where the kernel has no such setting, `default`.
    pub fn ipvs_number(&self, name: &str, default: i64) -> i64 {
        let setting = super::settings::sysctl(name);
        setting
            .and_then(|setting| self.number(&setting))
            .unwrap_or(default)
    }

    /// Every real server with its service.
    pub fn servers(&self) -> impl Iterator<Item = (&ConfiguredService, &RealServer)> {
        let services = self.services.iter();
        services.flat_map(|service| service.servers.iter().map(move |server| (service, server)))
    }

    /// Whether any real server is reached like this.
    pub fn uses(&self, forwarding: Forwarding) -> bool {
        self.servers()
            .any(|(_, server)| server.forwarding == forwarding)
    }

    /// Whether the address is the director's own.
    pub fn is_local(&self, address: IpAddr) -> bool {
        self.network.routes.get(&address) == Some(&Route::Local)
    }
}

impl ConfiguredService {
    /// The virtual address; none if the service goes by a firewall mark.
    pub fn vip(&self) -> Option<IpAddr> {
        match self.service.key {
            crate::ServiceKey::Address { address, .. } => Some(address.ip()),
            crate::ServiceKey::FirewallMark { .. } => None,
        }
    }

    /// The virtual port; none if the service goes by a firewall mark.
    pub fn port(&self) -> Option<u16> {
        match self.service.key {
            crate::ServiceKey::Address { address, .. } => Some(address.port()),
            crate::ServiceKey::FirewallMark { .. } => None,
        }
    }

    /// Whether packets reach any of its servers unchanged, so that these need the VIP themselves.
    pub fn needs_vip_on_servers(&self) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|server| keeps_packets(server.forwarding))
    }

    /// The weights that are not 0.
    pub fn working_weights(&self) -> Vec<u32> {
        let weights = self.servers.iter().map(|server| server.weight.get());
        weights.filter(|weight| *weight > 0).collect()
    }
}

/// Whether the method leaves addresses and ports of a packet as they are.
pub const fn keeps_packets(forwarding: Forwarding) -> bool {
    matches!(forwarding, Forwarding::Dr | Forwarding::Tun)
}
