//! Taking a snapshot: everything that `check` asks the kernel and the network.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::schedulers::Sources;
use super::settings;
use super::snapshot::{ArpProbe, ConfiguredService, Network, Snapshot};
use crate::network::rtnetlink::Socket;
use crate::network::{
    Interface, NetworkError, Sysctl, SysctlError, address, arp, interface, neighbour, route,
};
use crate::{Client, Error, Info};

/// How long answers to ARP probes are waited for; a neighbour answers within milliseconds.
const ARP_WAIT: Duration = Duration::from_secs(1);

/// Why no snapshot could be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// IPVS is not there or refused.
    #[error(transparent)]
    Ipvs(#[from] Error),
    /// The kernel's network could not be asked.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A setting could not be read.
    #[error(transparent)]
    Setting(#[from] SysctlError),
    /// The kernel does not say its release.
    #[error("cannot read the kernel's release: {0}")]
    Release(std::io::Error),
}

/// Takes a snapshot of the director in this thread's network namespace. It changes nothing, except
/// that asking for IPVS makes the kernel load it; of the schedulers none is loaded.
///
/// It takes about a second if there is an IPv4 VIP to probe, and another if somebody else answers.
pub fn gather() -> Result<(Info, Snapshot), GatherError> {
    let mut client = Client::connect()?;
    let info = client.info()?;
    let mut services = Vec::new();
    for entry in client.services()? {
        let servers = client.servers(&entry.service.key)?;
        services.push(ConfiguredService {
            service: entry.service,
            servers: servers.into_iter().map(|entry| entry.server).collect(),
        });
    }
    let release =
        std::fs::read_to_string("/proc/sys/kernel/osrelease").map_err(GatherError::Release)?;
    let snapshot = Snapshot {
        schedulers: Sources::read(release.trim_end()).availability(),
        settings: read_settings()?,
        network: look_at_network(&services)?,
        services,
    };
    Ok((info, snapshot))
}

fn read_settings() -> Result<BTreeMap<Sysctl, String>, SysctlError> {
    let routing = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"].map(Sysctl::fixed);
    let mut values = BTreeMap::new();
    for sysctl in settings::all().chain(routing) {
        if let Some(value) = sysctl.read()? {
            values.insert(sysctl, value);
        }
    }
    Ok(values)
}

/// Looks at the network around these services and asks who claims their VIPs.
pub fn look_at_network(services: &[ConfiguredService]) -> Result<Network, NetworkError> {
    let mut socket = Socket::open()?;
    let vips: BTreeSet<IpAddr> = services.iter().filter_map(ConfiguredService::vip).collect();
    let servers: BTreeSet<IpAddr> = services
        .iter()
        .flat_map(|service| &service.servers)
        .map(|server| server.address.ip())
        .collect();
    let mut routes = BTreeMap::new();
    for address in vips.union(&servers) {
        routes.insert(*address, route::lookup(&mut socket, *address)?);
    }
    let towards_servers: BTreeSet<u32> = servers
        .iter()
        .filter_map(|server| routes[server].interface())
        .collect();
    let interfaces = interface::list(&mut socket)?;
    let probed: Vec<&Interface> = interfaces
        .iter()
        .filter(|one| towards_servers.contains(&one.index))
        .collect();
    let arp = probe(&probed, &ipv4(&vips));
    let mut neighbours = neighbour::list(&mut socket)?;
    let suspects = suspects(services, &arp, &interfaces);
    let on_link = suspects
        .iter()
        .filter(|server| matches!(routes[*server], route::Route::OnLink { .. }));
    neighbours.extend(name(&probed, &ipv4(on_link)));
    Ok(Network {
        addresses: address::list(&mut socket)?,
        neighbours,
        arp,
        interfaces,
        routes,
    })
}

/// The real servers of the VIPs that somebody else claims. Only for them it is worth asking who has
/// which MAC address: a thousand services may have ten thousand real servers.
fn suspects(
    services: &[ConfiguredService],
    arp: &ArpProbe,
    interfaces: &[Interface],
) -> BTreeSet<IpAddr> {
    let ArpProbe::Answers(claims) = arp else {
        return BTreeSet::new();
    };
    let own: HashSet<_> = interfaces.iter().filter_map(|one| one.mac).collect();
    let claimed: HashSet<IpAddr> = claims
        .iter()
        .filter(|claim| !own.contains(&claim.mac))
        .map(|claim| claim.address.into())
        .collect();
    services
        .iter()
        .filter(|service| service.vip().is_some_and(|vip| claimed.contains(&vip)))
        .flat_map(|service| &service.servers)
        .map(|server| server.address.ip())
        .collect()
}

fn ipv4<'a>(addresses: impl IntoIterator<Item = &'a IpAddr>) -> Vec<Ipv4Addr> {
    let addresses = addresses.into_iter();
    addresses
        .filter_map(|address| match address {
            IpAddr::V4(address) => Some(*address),
            IpAddr::V6(_) => None,
        })
        .collect()
}

/// Who claims the VIPs.
fn probe(interfaces: &[&Interface], vips: &[Ipv4Addr]) -> ArpProbe {
    if interfaces.is_empty() || vips.is_empty() {
        return ArpProbe::default();
    }
    match arp::probe(interfaces, vips, ARP_WAIT) {
        Ok(claims) => ArpProbe::Answers(claims),
        Err(error) => ArpProbe::NotSent(error.to_string()),
    }
}

/// The MAC addresses of real servers, so that those that were never spoken to can be told by name.
fn name(interfaces: &[&Interface], servers: &[Ipv4Addr]) -> Vec<neighbour::Neighbour> {
    if servers.is_empty() {
        return Vec::new();
    }
    // Without an answer a claim is that of a stranger.
    let claims = arp::probe(interfaces, servers, ARP_WAIT).unwrap_or_default();
    let known = |claim: arp::Claim| neighbour::Neighbour {
        interface: claim.interface,
        address: claim.address.into(),
        mac: claim.mac,
    };
    claims.into_iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::super::testing::{VIP, interface, server, service};
    use super::*;
    use crate::network::Mac;
    use crate::{Forwarding, Scheduler};

    #[test]
    fn only_the_servers_of_a_vip_that_somebody_else_claims_are_asked_for() {
        let web = service(Scheduler::RoundRobin, vec![server(2, Forwarding::Dr, 1)]);
        let IpAddr::V4(address) = VIP else {
            panic!("it is IPv4")
        };
        let director = interface(3, "eth1");
        let own = director.mac.expect("it speaks ARP");
        let suspected = |mac| {
            let claim = arp::Claim {
                address,
                interface: 3,
                mac,
            };
            let arp = ArpProbe::Answers(vec![claim]);
            suspects(from_ref(&web), &arp, from_ref(&director))
        };
        assert_eq!(suspected(own), BTreeSet::new());
        let server = IpAddr::from([10, 0, 1, 2]);
        assert_eq!(suspected(Mac([2, 0, 0, 0, 1, 2])), [server].into());
    }
}
