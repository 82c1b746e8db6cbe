//! Ports that do not mean what they seem to.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::super::snapshot::{ConfiguredService, keeps_packets};
use super::super::{Finding, Object, Severity, Snapshot, commands};
use crate::{Protocol, RealServer, ServiceFlags, ServiceKey};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let services = snapshot.services.iter();
    services
        .flat_map(|service| {
            let differing = service
                .servers
                .iter()
                .filter_map(|one| port_differs(service, one));
            let mut findings: Vec<Finding> = differing.collect();
            findings.extend(same_address_twice(service));
            findings.extend(port_zero(service));
            findings.extend(one_packet_tcp(service));
            findings
        })
        .collect()
}

fn port_differs(service: &ConfiguredService, server: &RealServer) -> Option<Finding> {
    // A service of a mark or of all ports has no port to differ from.
    let port = service.port().filter(|port| *port != 0)?;
    let key = service.service.key;
    if !keeps_packets(server.forwarding) || server.address.port() == port {
        return None;
    }
    let method = server.forwarding;
    let explanation = format!(
        "With {method} packets keep the service's port: they arrive at {}:{port}, and port {} of \
         the real server is never used. Only NAT changes ports.",
        server.address.ip(),
        server.address.port(),
    );
    let object = Object::Server {
        service: key,
        server: server.address,
    };
    let mended = RealServer {
        address: SocketAddr::new(server.address.ip(), port),
        ..server.clone()
    };
    let mut commands = vec![commands::delete_server(&key, server)];
    let there = service
        .servers
        .iter()
        .any(|one| one.address == mended.address);
    if !there {
        commands.push(commands::add_server(&key, &mended));
    }
    let finding = Finding::new("port-differs", Severity::Error, object, explanation);
    Some(finding.mended_by(commands.join(" && ")))
}

fn same_address_twice(service: &ConfiguredService) -> Vec<Finding> {
    let mut by_address: BTreeMap<IpAddr, Vec<&RealServer>> = BTreeMap::new();
    let unchanged = service
        .servers
        .iter()
        .filter(|one| keeps_packets(one.forwarding));
    for server in unchanged {
        by_address
            .entry(server.address.ip())
            .or_default()
            .push(server);
    }
    let key = service.service.key;
    by_address
        .into_values()
        .filter(|servers| servers.len() > 1)
        .map(|servers| {
            let ports: Vec<String> = servers
                .iter()
                .map(|one| one.address.port().to_string())
                .collect();
            let explanation = format!(
                "{} is {} real servers, ports {}: without NAT the port is not used, so all of them \
                 are the same server, which gets the sum of their weights.",
                servers[0].address.ip(),
                servers.len(),
                ports.join(" and "),
            );
            // The newest entry is the one to go, and it is the first of the kernel's list.
            let object = Object::Server {
                service: key,
                server: servers[0].address,
            };
            Finding::new("same-server-twice", Severity::Error, object, explanation)
                .mended_by(commands::delete_server(&key, servers[0]))
        })
        .collect()
}

/// `ip_vs_schedule` in `net/netfilter/ipvs/ip_vs_core.c` (Linux 6.12): "Schedule: port zero only
/// supported in persistent services".
fn port_zero(service: &ConfiguredService) -> Option<Finding> {
    if service.port()? != 0 || service.service.persistence.is_some() {
        return None;
    }
    let object = Object::Service {
        service: service.service.key,
    };
    let explanation = "A service of all ports (port 0) works only with persistence: without it \
        IPVS refuses every connection.";
    let mended = service.service.clone().persistent(360);
    let name = "port-zero-without-persistence";
    let finding = Finding::new(name, Severity::Error, object, explanation);
    Some(finding.mended_by(commands::edit(&mended)))
}

fn one_packet_tcp(service: &ConfiguredService) -> Option<Finding> {
    let ServiceKey::Address { protocol, .. } = service.service.key else {
        return None;
    };
    let one_packet = service.service.flags.contains(ServiceFlags::ONE_PACKET);
    if protocol == Protocol::Udp || !one_packet {
        return None;
    }
    let object = Object::Service {
        service: service.service.key,
    };
    let explanation = format!(
        "One-packet scheduling on {protocol}: every packet of a connection is scheduled for itself, \
         so that the packets of one connection reach different real servers."
    );
    let mut mended = service.service.clone();
    mended.flags = (mended.flags.bits() & !ServiceFlags::ONE_PACKET.bits()).into();
    let finding = Finding::new("one-packet-not-udp", Severity::Error, object, explanation);
    Some(finding.mended_by(commands::edit(&mended)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{VIP, assert_is, names, only, server, service, snapshot};
    use super::*;
    use crate::{Forwarding, Scheduler, Service};

    fn at_port(port: u16, forwarding: Forwarding) -> RealServer {
        RealServer {
            address: ([10, 0, 1, 2], port).into(),
            ..server(2, forwarding, 1)
        }
    }

    fn found(key: ServiceKey, servers: Vec<RealServer>) -> Vec<Finding> {
        let service = Service::new(key, Scheduler::RoundRobin);
        find(&snapshot(vec![ConfiguredService { service, servers }]))
    }

    fn web() -> ServiceKey {
        ServiceKey::tcp(SocketAddr::new(VIP, 80))
    }

    #[test]
    fn another_port_without_nat_is_an_error() {
        let finding = only(found(web(), vec![at_port(8080, Forwarding::Dr)]));
        assert_is(&finding, "port-differs", Severity::Error);
        assert_eq!(
            finding.remedy.unwrap(),
            "director-setup ipvsadm -d -t 192.0.2.1:80 -r 10.0.1.2:8080 && \
             director-setup ipvsadm -a -t 192.0.2.1:80 -r 10.0.1.2:80 -g -w 1"
        );
        assert_eq!(found(web(), vec![at_port(8080, Forwarding::Nat)]), []);
        let mark = ServiceKey::firewall_mark(5.try_into().unwrap(), crate::AddressFamily::Ipv4);
        assert_eq!(found(mark, vec![at_port(8080, Forwarding::Dr)]), []);
    }

    #[test]
    fn one_server_twice_collapses_without_nat() {
        let twice = |forwarding| vec![at_port(81, forwarding), at_port(80, forwarding)];
        let findings = found(web(), twice(Forwarding::Tun));
        assert_eq!(names(&findings), ["port-differs", "same-server-twice"]);
        assert!(findings[1].explanation.contains("ports 81 and 80"));
        assert_eq!(
            findings[0].remedy, findings[1].remedy,
            "what is there is not added again"
        );
        assert_eq!(found(web(), twice(Forwarding::Nat)), []);
    }

    #[test]
    fn all_ports_need_persistence() {
        let all_ports = ServiceKey::tcp(SocketAddr::new(VIP, 0));
        let finding = only(found(all_ports, vec![at_port(0, Forwarding::Dr)]));
        assert_is(&finding, "port-zero-without-persistence", Severity::Error);
        let service = Service::new(all_ports, Scheduler::RoundRobin).persistent(60);
        let servers = vec![at_port(0, Forwarding::Dr)];
        assert_eq!(
            find(&snapshot(vec![ConfiguredService { service, servers }])),
            []
        );
    }

    #[test]
    fn one_packet_scheduling_is_for_udp() {
        let with = |key| {
            let mut web = service(Scheduler::RoundRobin, Vec::new());
            web.service.key = key;
            web.service.flags = ServiceFlags::ONE_PACKET;
            find(&snapshot(vec![web]))
        };
        let finding = only(with(web()));
        assert_is(&finding, "one-packet-not-udp", Severity::Error);
        assert_eq!(
            finding.remedy.unwrap(),
            "director-setup ipvsadm -E -t 192.0.2.1:80 -s rr"
        );
        assert_eq!(with(ServiceKey::udp(SocketAddr::new(VIP, 80))), []);
    }
}
