use super::*;
use crate::experiment::{ExperimentFlags, source};

fn experiment(word: &str) -> Experiment {
    let words = [word.to_owned()];
    source::experiments(&words, &ExperimentFlags::default())
        .unwrap()
        .remove(0)
}

fn of_flags(flags: &ExperimentFlags) -> Experiment {
    source::experiments(&[], flags).unwrap().remove(0)
}

fn flags(mode: &str, weights: &str, requests: &str) -> ExperimentFlags {
    ExperimentFlags {
        mode: Some(mode.to_owned()),
        weights: Some(weights.to_owned()),
        requests: Some(requests.to_owned()),
        ..ExperimentFlags::default()
    }
}

#[test]
fn with_nat_the_director_is_on_both_links_and_the_real_servers_gateway() {
    let topology = plan(&experiment("nat-wlc"));
    let [outside, inside] = topology.director.interfaces.as_slice() else {
        panic!("two interfaces")
    };
    assert_eq!(outside.switch, topology.client.interfaces[0].switch);
    assert_ne!(outside.switch, inside.switch);
    let gateway = inside.addresses[0].addr();
    for server in &topology.real_servers {
        assert_eq!(server.interfaces[0].switch, inside.switch);
        assert_eq!(server.routes, [Route::Default { via: gateway }]);
    }
    assert_eq!(topology.vip_mac(), Some(outside.mac));
}

#[test]
fn by_direct_routing_every_real_server_has_the_vip_and_is_silent_about_it() {
    let topology = plan(&experiment("dr-wlc"));
    let vip = host(Ipv4Addr::new(192, 168, 0, 1));
    for server in &topology.real_servers {
        assert_eq!(server.loopback, [vip]);
        let set = |path, value| server.sysctls.contains(&Sysctl { path, value });
        assert!(set("net/ipv4/conf/all/arp_ignore", "1"));
        assert!(set("net/ipv4/conf/all/arp_announce", "2"));
    }
    assert_eq!(topology.switches.len(), 1);
    assert_eq!(
        topology.vip_mac(),
        Some(topology.director.interfaces[0].mac)
    );
}

#[test]
fn no_two_interfaces_share_a_mac_address() {
    let topology = plan(&of_flags(&flags("dr", &["1"; 300].join(","), "1000")));
    let macs: Vec<_> = topology
        .nodes()
        .flat_map(|node| node.interfaces.iter().map(|it| it.mac))
        .collect();
    let mut unique = macs.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), macs.len());
}

#[test]
fn a_client_gets_an_address_for_every_64512_connections() {
    let count = |requests| client_addresses(&of_flags(&flags("nat", "1,1", requests))).len();
    assert_eq!(count("64512"), 1);
    assert_eq!(count("64513"), 2);
    // A /24 has 254 hosts, and the VIP is one of them.
    assert_eq!(count("100000000"), 253);
}

#[test]
fn further_addresses_of_a_client_belong_to_nobody_else() {
    let experiment = of_flags(&flags("dr", "1,1", "100000000"));
    let addresses = client_addresses(&experiment);
    assert!(!addresses.contains(experiment.service.vip.ip()));
    assert_eq!(addresses[0], experiment.network.client);
    assert_eq!(
        addresses.iter().filter(|it| **it == addresses[0]).count(),
        1
    );
}

/// Each network of further addresses is the client's own, and reached through its first address.
#[test]
fn many_addresses_of_a_client_are_few_routes() {
    let experiment = of_flags(&ExperimentFlags {
        clients: Some("5000".to_owned()),
        ..flags("dr", "1,1", "1000")
    });
    let topology = plan(&experiment);
    let own: Vec<_> = networks(&topology.client, |route| match route {
        Route::Local { network } => Some(network),
        _ => None,
    });
    assert!(own.len() < 30, "{own:?}");
    let addresses: u64 = own.iter().map(|it| 1 << (32 - it.prefix_len())).sum();
    assert_eq!(addresses, 4999);
    let taken = [experiment.network.client, *experiment.service.vip.ip()];
    assert!(own.iter().all(|it| !taken.iter().any(|ip| it.contains(ip))));
    let gateway_of_all = experiment.network.client;
    for node in topology.nodes().skip(1) {
        let through_the_client: Vec<_> = networks(node, |route| match route {
            Route::Via { network, gateway } if gateway == gateway_of_all => Some(network),
            _ => None,
        });
        assert_eq!(through_the_client, own, "{}", node.name);
    }
}

fn networks(node: &Node, of: impl Fn(Route) -> Option<Ipv4Net>) -> Vec<Ipv4Net> {
    node.routes.iter().copied().filter_map(of).collect()
}

#[test]
fn nat_is_drawn_with_the_director_between() {
    insta::assert_snapshot!(draw(&experiment("nat-wlc")), @"
    client 192.168.0.254 ── 192.168.0.1:80 director 192.168.1.1 ─┬─ rs1 192.168.1.2:80 weight 4
                                                                 └─ rs2 192.168.1.3:80 weight 1
    ");
}

#[test]
fn direct_routing_is_drawn_as_one_link() {
    insta::assert_snapshot!(draw(&experiment("dr-wlc")), @"
    client 192.168.0.254 ─┬─ director 192.168.1.1 and 192.168.0.1:80
                          ├─ rs1 192.168.1.2:80 weight 4, VIP on lo
                          └─ rs2 192.168.1.3:80 weight 2, VIP on lo
    ");
}

#[test]
fn of_many_real_servers_the_middle_is_left_out() {
    insta::assert_snapshot!(draw(&of_flags(&flags("nat", &["1"; 100].join(","), "1000"))), @"
    client 192.168.0.254 ── 192.168.0.1:80 director 192.168.1.1 ─┬─ rs1 192.168.1.2:80 weight 1
                                                                 ├─ rs2 192.168.1.3:80 weight 1
                                                                 ├─ rs3 192.168.1.4:80 weight 1
                                                                 ├─ rs4 192.168.1.5:80 weight 1
                                                                 ├─ rs5 192.168.1.6:80 weight 1
                                                                 ├─ rs6 192.168.1.7:80 weight 1
                                                                 ├─ … 93 more
                                                                 └─ rs100 192.168.1.101:80 weight 1
    ");
}
