//! Whether the director's packets reach the real servers.

use super::super::snapshot::ConfiguredService;
use super::super::{Finding, Object, Severity, Snapshot, commands};
use crate::network::route::Route;
use crate::{AddressFamily, Forwarding, RealServer};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    snapshot
        .servers()
        .flat_map(|(service, server)| {
            [
                without_route(snapshot, service, server),
                behind_gateway(snapshot, service, server),
                mixed_families(service, server),
            ]
        })
        .flatten()
        .collect()
}

fn object(service: &ConfiguredService, server: &RealServer) -> Object {
    Object::Server {
        service: service.service.key,
        server: server.address,
    }
}

fn without_route(
    snapshot: &Snapshot,
    service: &ConfiguredService,
    server: &RealServer,
) -> Option<Finding> {
    let ip = server.address.ip();
    let lost = snapshot.network.routes.get(&ip) == Some(&Route::Unreachable);
    lost.then(|| {
        let explanation = format!(
            "The director has no route to {ip}: every connection that it gives to this real server \
             fails."
        );
        let object = object(service, server);
        Finding::new("server-unreachable", Severity::Error, object, explanation)
            .mended_by(format!("ip route add {ip} via GATEWAY"))
    })
}

fn behind_gateway(
    snapshot: &Snapshot,
    service: &ConfiguredService,
    server: &RealServer,
) -> Option<Finding> {
    let ip = server.address.ip();
    let Some(Route::Gateway { gateway, .. }) = snapshot.network.routes.get(&ip) else {
        return None;
    };
    if server.forwarding != Forwarding::Dr {
        return None;
    }
    let gateway = gateway.map_or("a gateway".to_owned(), |gateway| {
        format!("gateway {gateway}")
    });
    let explanation = format!(
        "{ip} is behind {gateway}. With direct routing the packet still bears the VIP and goes to \
         the gateway's MAC address, which routes it by the VIP: back to the director, not to the \
         real server."
    );
    let tunnelled = RealServer {
        forwarding: Forwarding::Tun,
        ..server.clone()
    };
    let object = object(service, server);
    let finding = Finding::new(
        "dr-server-behind-gateway",
        Severity::Error,
        object,
        explanation,
    );
    Some(finding.mended_by(commands::edit_server(&service.service.key, &tunnelled)))
}

fn mixed_families(service: &ConfiguredService, server: &RealServer) -> Option<Finding> {
    let family = service.service.key.family();
    let other = AddressFamily::from(server.address);
    if family == other {
        return None;
    }
    let explanation = format!(
        "The service is {family} and its real server {other}. Only tunnels can do that, and while \
         there is such a server the connection synchronisation daemons do not start."
    );
    let severity = match server.forwarding {
        Forwarding::Tun => Severity::Note,
        _ => Severity::Error,
    };
    Some(Finding::new(
        "mixed-families",
        severity,
        object(service, server),
        explanation,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_is, only, server, service, snapshot};
    use super::*;
    use crate::Scheduler;

    fn director(forwarding: Forwarding, route: Route) -> Snapshot {
        let web = service(Scheduler::RoundRobin, vec![server(2, forwarding, 1)]);
        let mut director = snapshot(vec![web]);
        director.network.routes.insert([10, 0, 1, 2].into(), route);
        director
    }

    fn gateway() -> Route {
        Route::Gateway {
            interface: 3,
            gateway: Some([10, 0, 1, 254].into()),
        }
    }

    #[test]
    fn direct_routing_through_a_gateway_is_an_error_and_tunnelling_mends_it() {
        let finding = only(find(&director(Forwarding::Dr, gateway())));
        assert_is(&finding, "dr-server-behind-gateway", Severity::Error);
        assert_eq!(
            finding.remedy.unwrap(),
            "director-setup ipvsadm -e -t 192.0.2.1:80 -r 10.0.1.2:80 -i -w 1"
        );
        for method in [Forwarding::Tun, Forwarding::Nat] {
            assert_eq!(find(&director(method, gateway())), []);
        }
        let neighbour = Route::OnLink { interface: 3 };
        assert_eq!(find(&director(Forwarding::Dr, neighbour)), []);
    }

    #[test]
    fn a_server_without_a_route_is_an_error() {
        let finding = only(find(&director(Forwarding::Nat, Route::Unreachable)));
        assert_is(&finding, "server-unreachable", Severity::Error);
    }

    #[test]
    fn families_may_only_mix_in_a_tunnel() {
        let mixed = |forwarding| {
            let v6 = RealServer::new("[2001:db8::2]:80".parse().unwrap(), forwarding);
            find(&snapshot(vec![service(Scheduler::RoundRobin, vec![v6])]))
        };
        assert_is(
            &only(mixed(Forwarding::Tun)),
            "mixed-families",
            Severity::Note,
        );
        assert_is(
            &only(mixed(Forwarding::Dr)),
            "mixed-families",
            Severity::Error,
        );
    }
}
