//! Whether another host claims a VIP: the ARP problem of direct routing.

use std::net::IpAddr;

use super::super::snapshot::{ArpProbe, ConfiguredService};
use super::super::{Finding, Object, Severity, Snapshot};
use crate::network::Mac;
use crate::network::arp::Claim;
use crate::{Forwarding, Tunnel};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    match &snapshot.network.arp {
        ArpProbe::Answers(claims) => claims
            .iter()
            .filter(|claim| !is_own(snapshot, claim.mac))
            .filter_map(|claim| claimed(snapshot, claim))
            .collect(),
        ArpProbe::NotSent(reason) => vec![not_sent(reason)],
    }
}

fn not_sent(reason: &str) -> Finding {
    let explanation =
        format!("Whether another host answers ARP for a VIP was not asked: {reason}.");
    Finding::new("arp-not-probed", Severity::Note, Object::Check, explanation)
        .mended_by("run it with CAP_NET_RAW, as root")
}

/// Two interfaces on one network hear each other.
fn is_own(snapshot: &Snapshot, mac: Mac) -> bool {
    let mut interfaces = snapshot.network.interfaces.iter();
    interfaces.any(|interface| interface.mac == Some(mac))
}

fn claimed(snapshot: &Snapshot, claim: &Claim) -> Option<Finding> {
    let vip = IpAddr::from(claim.address);
    let services = snapshot.services.iter();
    let service = services.filter(|service| service.vip() == Some(vip));
    // Of several services at the VIP, the one whose server it is says most.
    let service = service.max_by_key(|service| server_with(snapshot, service, claim).is_some())?;
    let object = Object::Service {
        service: service.service.key,
    };
    let Claim { mac, .. } = claim;
    Some(match server_with(snapshot, service, claim) {
        Some(server) => Finding::new(
            "vip-answered-by-real-server",
            Severity::Error,
            object,
            format!(
                "Real server {server} ({mac}) answers ARP for {vip}: clients on its network may \
                 send all their connections to it, past the director, and none of them fails."
            ),
        )
        .mended_by(format!(
            "on {server}: director-setup realserver apply --vip {vip} --mode {}",
            mode(service, server)
        )),
        None => Finding::new(
            "vip-answered-by-another-host",
            Severity::Error,
            object,
            format!(
                "{mac}, which is no known real server, answers ARP for {vip}: clients and routers \
                 may send their connections there instead of to the director."
            ),
        ),
    })
}

/// The real server of this service that has the claim's MAC address.
fn server_with(snapshot: &Snapshot, service: &ConfiguredService, claim: &Claim) -> Option<IpAddr> {
    let neighbours = snapshot.network.neighbours.iter();
    neighbours
        .filter(|neighbour| neighbour.mac == claim.mac)
        .map(|neighbour| neighbour.address)
        .find(|address| {
            service
                .servers
                .iter()
                .any(|server| server.address.ip() == *address)
        })
}

/// How packets reach the real server, in the words of `realserver apply`.
fn mode(service: &ConfiguredService, address: IpAddr) -> String {
    let mut servers = service.servers.iter();
    let tunnelled = servers
        .find(|one| one.address.ip() == address && one.forwarding == Forwarding::Tun)
        .map(|server| server.tunnel);
    match tunnelled {
        None => "dr".to_owned(),
        Some(Tunnel::Gue { port, .. }) => format!("tun --tunnel gue --tunnel-port {port}"),
        Some(Tunnel::Gre { .. }) => "tun --tunnel gre".to_owned(),
        Some(_) => "tun".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_is, names, only, server, service, snapshot};
    use super::*;
    use crate::network::neighbour::Neighbour;
    use crate::{Scheduler, TunnelChecksum};

    const SERVER: Mac = Mac([2, 0, 0, 0, 1, 2]);

    fn director(claimants: &[Mac]) -> Snapshot {
        let web = service(Scheduler::RoundRobin, vec![server(2, Forwarding::Dr, 1)]);
        let mut director = snapshot(vec![web]);
        director.network.neighbours.push(Neighbour {
            interface: 3,
            address: [10, 0, 1, 2].into(),
            mac: SERVER,
        });
        let claim = |mac: &Mac| Claim {
            address: [192, 0, 2, 1].into(),
            interface: 3,
            mac: *mac,
        };
        director.network.arp = ArpProbe::Answers(claimants.iter().map(claim).collect());
        director
    }

    #[test]
    fn a_real_server_that_answers_for_the_vip_is_named_with_its_remedy() {
        let finding = only(find(&director(&[SERVER])));
        assert_is(&finding, "vip-answered-by-real-server", Severity::Error);
        assert_eq!(
            finding.remedy.unwrap(),
            "on 10.0.1.2: director-setup realserver apply --vip 192.0.2.1 --mode dr"
        );
    }

    #[test]
    fn the_remedy_prepares_for_the_tunnel_that_the_director_uses() {
        let mut director = director(&[SERVER]);
        let server = &mut director.services[0].servers[0];
        server.forwarding = Forwarding::Tun;
        server.tunnel = Tunnel::Gue {
            port: 6080,
            checksum: TunnelChecksum::None,
        };
        let remedy = only(find(&director)).remedy.unwrap();
        let end = "--vip 192.0.2.1 --mode tun --tunnel gue --tunnel-port 6080";
        assert!(remedy.ends_with(end), "{remedy}");
    }

    #[test]
    fn a_stranger_is_told_by_its_mac_and_the_director_itself_is_not() {
        let finding = only(find(&director(&[Mac([2, 0, 0, 0, 9, 9])])));
        assert_is(&finding, "vip-answered-by-another-host", Severity::Error);
        assert!(finding.explanation.contains("02:00:00:00:09:09"));
        assert_eq!(find(&director(&[Mac([2, 0, 0, 0, 0, 2])])), []);
        assert_eq!(find(&director(&[])), []);
    }

    #[test]
    fn probes_that_could_not_be_sent_are_told() {
        let mut director = director(&[]);
        director.network.arp = ArpProbe::NotSent("EPERM".to_owned());
        assert_eq!(names(&find(&director)), ["arp-not-probed"]);
    }
}
