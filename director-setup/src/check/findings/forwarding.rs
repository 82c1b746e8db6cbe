//! What forwarding by NAT needs of the director.

use super::super::snapshot::ConfiguredService;
use super::super::{Finding, Object, Severity, Snapshot};
use crate::network::Sysctl;
use crate::{AddressFamily, Forwarding};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let families = [AddressFamily::Ipv4, AddressFamily::Ipv6];
    let routing = families
        .into_iter()
        .filter_map(|family| without_routing(snapshot, family));
    let services = snapshot.services.iter();
    let same_network = services.filter_map(|service| clients_beside_servers(snapshot, service));
    routing.chain(same_network).collect()
}

fn without_routing(snapshot: &Snapshot, family: AddressFamily) -> Option<Finding> {
    let sysctl = match family {
        AddressFamily::Ipv4 => Sysctl::fixed("net/ipv4/ip_forward"),
        AddressFamily::Ipv6 => Sysctl::fixed("net/ipv6/conf/all/forwarding"),
    };
    if snapshot.number(&sysctl) != Some(0) {
        return None;
    }
    let (service, server) = snapshot.servers().find(|(_, server)| {
        let address = server.address;
        server.forwarding == Forwarding::Nat
            && AddressFamily::from(address) == family
            && !snapshot.is_local(address.ip())
    })?;
    let explanation = format!(
        "The director does not forward {family} packets, so replies of NAT real servers such as {} \
         of {} end at it and clients wait until they time out.",
        server.address, service.service.key
    );
    let command = sysctl.command("1");
    let object = Object::Sysctl { sysctl };
    let finding = Finding::new(
        "nat-without-ip-forward",
        Severity::Error,
        object,
        explanation,
    );
    Some(finding.mended_by(command))
}

/// Clients are not known; that the VIP itself is in the real servers' network says that some may be.
fn clients_beside_servers(snapshot: &Snapshot, service: &ConfiguredService) -> Option<Finding> {
    let vip = service.vip()?;
    let nat = service
        .servers
        .iter()
        .filter(|server| server.forwarding == Forwarding::Nat);
    let (server, network) = nat
        .map(|server| server.address.ip())
        .filter(|server| !snapshot.is_local(*server))
        .find_map(|server| {
            let mut networks = snapshot.network.addresses.iter();
            let shared = |network: &&_| shares(network, server, vip);
            Some((server, networks.find(shared)?))
        })?;
    let explanation = format!(
        "VIP {vip} and NAT real server {server} are both in the network of {}/{}: a client of that \
         network gets its replies straight from the real server's own address and gives up, unless \
         the real server has a host route to it through the director.",
        network.address, network.prefix
    );
    let service = service.service.key;
    let name = "nat-client-on-server-network";
    Some(Finding::new(
        name,
        Severity::Note,
        Object::Service { service },
        explanation,
    ))
}

fn shares(
    network: &crate::network::address::InterfaceAddress,
    server: std::net::IpAddr,
    vip: std::net::IpAddr,
) -> bool {
    network.network_contains(server) && network.network_contains(vip)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{address, assert_is, only, server, service, snapshot};
    use super::*;
    use crate::Scheduler;
    use crate::network::route::Route;

    fn director(forwarding: Forwarding) -> Snapshot {
        let web = service(Scheduler::RoundRobin, vec![server(2, forwarding, 1)]);
        let mut director = snapshot(vec![web]);
        let sysctl = Sysctl::fixed("net/ipv4/ip_forward");
        director.settings.insert(sysctl, "0".to_owned());
        director
    }

    #[test]
    fn nat_without_forwarding_is_an_error_and_direct_routing_needs_none() {
        let finding = only(find(&director(Forwarding::Nat)));
        assert_is(&finding, "nat-without-ip-forward", Severity::Error);
        assert_eq!(finding.remedy.unwrap(), "sysctl -w net.ipv4.ip_forward=1");
        assert_eq!(find(&director(Forwarding::Dr)), []);
    }

    #[test]
    fn a_nat_server_on_the_director_itself_needs_no_forwarding() {
        let mut director = director(Forwarding::Nat);
        director
            .network
            .routes
            .insert([10, 0, 1, 2].into(), Route::Local);
        assert_eq!(find(&director), []);
    }

    #[test]
    fn a_vip_in_the_network_of_its_nat_servers_is_noted() {
        let web = service(Scheduler::RoundRobin, vec![server(2, Forwarding::Nat, 1)]);
        let mut director = snapshot(vec![web]);
        assert_eq!(find(&director), []);
        director.network.addresses = vec![address(3, "10.0.1.1", 24), address(3, "192.0.2.1", 0)];
        assert_is(
            &only(find(&director)),
            "nat-client-on-server-network",
            Severity::Note,
        );
    }
}
