//! Real servers come back from the kernel as they were asked for.

use std::slice;

use director_setup::{
    AddressFamily, Client, ConnectionCounts, Forwarding, RealServer, Scheduler, Service,
    Statistics, Thresholds, Tunnel, TunnelChecksum, Weight,
};
use netns_lab::namespace::HostNetwork;

use super::{Case, keys, named_cases, on_director, server, servers, web};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        real_servers_of_every_forwarding_method_come_back_for_every_kind_of_service,
        tunnels_of_every_kind_come_back,
        a_tunnel_may_lead_to_the_other_address_family,
        the_smallest_and_the_largest_weights_come_back,
        thresholds_come_back,
        a_port_that_differs_from_the_services_comes_back,
        an_edited_real_server_keeps_its_place_and_nothing_else,
        a_deleted_real_server_is_gone_and_the_others_stay,
        a_new_real_server_has_no_connections_and_has_carried_nothing,
        a_deleted_service_takes_its_real_servers_with_it,
    ]
}

fn real_servers_of_every_forwarding_method_come_back_for_every_kind_of_service(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
            for forwarding in [Forwarding::Nat, Forwarding::Dr, Forwarding::Tun] {
                let desired = server(key.family(), 1, forwarding);
                ipvs.add_server(&key, &desired).unwrap();
                assert_eq!(servers(ipvs, &key), slice::from_ref(&desired), "{key}");
                ipvs.delete_server(&key, desired.address).unwrap();
            }
        }
    });
}

fn tunnels_of_every_kind_come_back(host: HostNetwork) {
    use TunnelChecksum::{Full, None, Remote};
    let gue = |port, checksum| Tunnel::Gue { port, checksum };
    let gre = |checksum| Tunnel::Gre { checksum };
    let tunnels = [
        Tunnel::Ipip,
        gue(6080, None),
        gue(1, Full),
        gue(65535, Remote),
        gre(None),
        gre(Full),
    ];
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        for tunnel in tunnels {
            let plain = server(AddressFamily::Ipv4, 1, Forwarding::Tun);
            comes_back(ipvs, &plain.with_tunnel(tunnel));
        }
    });
}

fn a_tunnel_may_lead_to_the_other_address_family(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        comes_back(ipvs, &server(AddressFamily::Ipv6, 1, Forwarding::Tun));
    });
}

fn the_smallest_and_the_largest_weights_come_back(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        let plain = server(AddressFamily::Ipv4, 1, Forwarding::Nat);
        for weight in [Weight::ZERO, Weight::ONE, 65535.into(), Weight::MAX] {
            comes_back(ipvs, &plain.clone().with_weight(weight));
        }
    });
}

fn thresholds_come_back(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        let plain = server(AddressFamily::Ipv4, 1, Forwarding::Nat);
        for (upper, lower) in [(0, 0), (1, 0), (1000, 500), (7, 7), (u32::MAX, u32::MAX)] {
            let thresholds = Thresholds { upper, lower };
            comes_back(ipvs, &plain.clone().with_thresholds(thresholds));
        }
    });
}

fn a_port_that_differs_from_the_services_comes_back(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        let mut other = server(AddressFamily::Ipv4, 1, Forwarding::Nat);
        other.address.set_port(8080);
        comes_back(ipvs, &other);
    });
}

fn an_edited_real_server_keeps_its_place_and_nothing_else(host: HostNetwork) {
    let [first, second, third] =
        [1, 2, 3].map(|number| server(AddressFamily::Ipv4, number, Forwarding::Nat));
    let mut edited = second
        .clone()
        .with_weight(Weight::from(4))
        .with_thresholds(Thresholds { upper: 9, lower: 3 });
    edited.forwarding = Forwarding::Tun;
    edited.tunnel = Tunnel::Gre {
        checksum: TunnelChecksum::Full,
    };
    on_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_servers(&key, &[first.clone(), second.clone(), third.clone()])
            .unwrap();
        ipvs.edit_server(&key, &edited).unwrap();
        assert_eq!(
            servers(ipvs, &key),
            [third.clone(), edited.clone(), first.clone()]
        );
        ipvs.edit_server(&key, &second).unwrap();
        assert_eq!(servers(ipvs, &key), [third, second, first]);
    });
}

fn a_deleted_real_server_is_gone_and_the_others_stay(host: HostNetwork) {
    let [first, second, third] =
        [1, 2, 3].map(|number| server(AddressFamily::Ipv4, number, Forwarding::Dr));
    on_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_servers(&key, &[first.clone(), second.clone(), third.clone()])
            .unwrap();
        ipvs.delete_server(&key, second.address).unwrap();
        assert_eq!(servers(ipvs, &key), [third.clone(), first.clone()]);
        // Added again it is the newest.
        ipvs.add_server(&key, &second).unwrap();
        assert_eq!(servers(ipvs, &key), [second, third, first]);
    });
}

fn a_new_real_server_has_no_connections_and_has_carried_nothing(host: HostNetwork) {
    on_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_server(&key, &server(AddressFamily::Ipv4, 1, Forwarding::Nat))
            .unwrap();
        let entry = ipvs.servers(&key).unwrap().remove(0);
        assert_eq!(entry.connections, ConnectionCounts::default());
        assert_eq!(entry.statistics, Statistics::default());
    });
}

fn a_deleted_service_takes_its_real_servers_with_it(host: HostNetwork) {
    on_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_server(&key, &server(AddressFamily::Ipv4, 1, Forwarding::Nat))
            .unwrap();
        ipvs.delete_service(&key).unwrap();
        ipvs.add_service(&web()).unwrap();
        assert_eq!(ipvs.servers(&key).unwrap(), []);
    });
}

/// Adds a real server to the service of the tutorial, looks at it, and deletes it.
fn comes_back(ipvs: &mut Client, desired: &RealServer) {
    let key = web().key;
    ipvs.add_server(&key, desired).unwrap();
    assert_eq!(servers(ipvs, &key), slice::from_ref(desired));
    ipvs.delete_server(&key, desired.address).unwrap();
}
