//! Direct routing: everyone is on one link, and the VIP is on the director and on every real
//! server, which must not answer ARP requests for it.

use super::{
    Interface, Node, QUIET, Route, Switch, Sysctl, Topology, client, director_sysctls, host,
};
use crate::experiment::{Experiment, Network, Server};

/// The only switch.
const LINK: usize = 0;

pub(super) fn plan(experiment: &Experiment) -> Topology {
    Topology {
        client: client::node(experiment, other_network(&experiment.network, Side::Outer)),
        director: director(experiment),
        real_servers: experiment
            .servers
            .iter()
            .map(|server| real_server(experiment, server))
            .collect(),
        switches: vec![Switch { name: "link" }],
    }
}

fn director(experiment: &Experiment) -> Node {
    let network = &experiment.network;
    let interface = Interface::new("eth0", LINK, network.director, network.inner);
    Node {
        name: "director".to_owned(),
        // The director hands frames on; it routes nothing.
        sysctls: director_sysctls("0"),
        interfaces: vec![interface.with_address(*experiment.service.vip.ip(), network.outer)],
        loopback: vec![],
        routes: client::routes_to(experiment),
    }
}

fn real_server(experiment: &Experiment, server: &Server) -> Node {
    let network = &experiment.network;
    Node {
        name: server.name.clone(),
        sysctls: silent_about_the_vip(),
        interfaces: vec![Interface::new(
            "eth0",
            LINK,
            *server.address.ip(),
            network.inner,
        )],
        loopback: vec![host(*experiment.service.vip.ip())],
        routes: [
            other_network(network, Side::Inner),
            client::routes_to(experiment),
        ]
        .concat(),
    }
}

/// `arp_ignore=1` answers only for addresses of the asked interface; `arp_announce=2` never names
/// the VIP as the sender (`Documentation/networking/ip-sysctl.rst`).
fn silent_about_the_vip() -> Vec<Sysctl> {
    let settings = [
        Sysctl {
            path: "net/ipv4/conf/all/arp_ignore",
            value: "1",
        },
        Sysctl {
            path: "net/ipv4/conf/all/arp_announce",
            value: "2",
        },
        Sysctl {
            path: "net/ipv4/conf/default/arp_ignore",
            value: "1",
        },
        Sysctl {
            path: "net/ipv4/conf/default/arp_announce",
            value: "2",
        },
        Sysctl {
            path: "net/ipv4/conf/all/rp_filter",
            value: "0",
        },
        Sysctl {
            path: "net/ipv4/conf/default/rp_filter",
            value: "0",
        },
    ];
    [QUIET.as_slice(), &settings].concat()
}

/// On which of the two networks a host has its address.
#[derive(Clone, Copy)]
enum Side {
    Outer,
    Inner,
}

/// The route to the network on the same link in which a host has no address.
fn other_network(network: &Network, side: Side) -> Vec<Route> {
    if network.outer == network.inner {
        return vec![];
    }
    let other = match side {
        Side::Outer => network.inner,
        Side::Inner => network.outer,
    };
    vec![Route::OnLink {
        network: other,
        interface: "eth0",
    }]
}
