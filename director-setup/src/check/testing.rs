//! Snapshots for tests.

use std::net::{IpAddr, SocketAddr};

use super::snapshot::{ConfiguredService, Snapshot};
use super::{Finding, Severity};
use crate::network::address::InterfaceAddress;
use crate::network::route::Route;
use crate::network::{Interface, Mac};
use crate::{Forwarding, RealServer, Scheduler, Service, ServiceKey, Weight};

pub(super) const VIP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// A real server 10.0.1.LAST with the service's port.
pub(super) fn server(last: u8, forwarding: Forwarding, weight: u32) -> RealServer {
    let address = SocketAddr::from(([10, 0, 1, last], 80));
    RealServer::new(address, forwarding).with_weight(Weight::try_from(weight).unwrap())
}

pub(super) fn key() -> ServiceKey {
    ServiceKey::tcp(SocketAddr::new(VIP, 80))
}

pub(super) fn service(scheduler: Scheduler, servers: Vec<RealServer>) -> ConfiguredService {
    ConfiguredService {
        service: Service::new(key(), scheduler),
        servers,
    }
}

/// A director on which nothing is wrong: the VIP is its own, real servers are on eth1's network.
pub(super) fn snapshot(services: Vec<ConfiguredService>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.network.interfaces = vec![interface(2, "eth0"), interface(3, "eth1")];
    snapshot.network.addresses = vec![address(2, "192.0.2.1", 24), address(3, "10.0.1.1", 24)];
    let forward = crate::network::Sysctl::fixed("net/ipv4/ip_forward");
    snapshot.settings.insert(forward, "1".to_owned());
    for service in &services {
        if let Some(vip) = service.vip() {
            snapshot.network.routes.insert(vip, Route::Local);
        }
        for server in &service.servers {
            let route = Route::OnLink { interface: 3 };
            snapshot.network.routes.insert(server.address.ip(), route);
        }
    }
    snapshot.services = services;
    snapshot
}

pub(super) fn interface(index: u32, name: &str) -> Interface {
    Interface {
        index,
        name: name.parse().unwrap(),
        up: true,
        mac: Some(Mac([2, 0, 0, 0, 0, u8::try_from(index).unwrap()])),
    }
}

pub(super) fn address(interface: u32, text: &str, prefix: u8) -> InterfaceAddress {
    InterfaceAddress {
        interface,
        address: text.parse().unwrap(),
        prefix,
    }
}

/// The names of findings, in their order.
pub(super) fn names(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.name).collect()
}

/// The only finding.
pub(super) fn only(findings: Vec<Finding>) -> Finding {
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.into_iter().next().unwrap()
}

pub(super) fn assert_is(finding: &Finding, name: &str, severity: Severity) {
    assert_eq!(
        (finding.name, finding.severity),
        (name, severity),
        "{finding}"
    );
}
