//! The client: a host with as many source addresses and ports as its connections need.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

use super::{Interface, Node, QUIET, Route, host};
use crate::experiment::{Clients, ConnectionMode, Experiment, Load, Network};

/// Source ports of every address of the client: all that are not reserved for root.
pub const SOURCE_PORTS: RangeInclusive<u16> = 1024..=65535;

/// The client's addresses: the first is the experiment's, and there are as many as the experiment
/// says; without a word, as many as it takes to give every connection a source of its own, or as
/// many as the outer network has left.
///
/// IPVS knows a connection by its source, and remembers it for up to two minutes after its end. By
/// direct routing a new connection from a remembered source is not scheduled: it goes where the
/// old one went (`is_new_conn_expected` in `ip_vs_core.c`, Linux 6.1).
pub fn client_addresses(experiment: &Experiment) -> Vec<Ipv4Addr> {
    let network = &experiment.network;
    let number = match experiment.load.clients {
        Clients::AsNeeded => needed(&experiment.load),
        Clients::Exactly(number) => number.into(),
    };
    let mut taken: BTreeSet<_> = experiment
        .servers
        .iter()
        .map(|it| *it.address.ip())
        .collect();
    taken.extend([
        network.client,
        network.director,
        *experiment.service.vip.ip(),
    ]);
    let free = network
        .outer
        .hosts()
        .filter(|address| !taken.contains(address));
    let further = usize::try_from(number - 1).unwrap_or(usize::MAX);
    [network.client]
        .into_iter()
        .chain(free.take(further))
        .collect()
}

/// How many addresses it takes to give every connection a source of its own.
fn needed(load: &Load) -> u64 {
    let connections = match load.connections {
        ConnectionMode::PerRequest => load.requests,
        ConnectionMode::KeepAlive => load.concurrency.into(),
    };
    connections.div_ceil(SOURCE_PORTS.len() as u64).max(1)
}

/// The client's addresses after the first, as networks of nothing else.
fn further_networks(experiment: &Experiment) -> Vec<Ipv4Net> {
    let further = client_addresses(experiment).into_iter().skip(1);
    let single: Vec<_> = further.map(host).collect();
    Ipv4Net::aggregate(&single)
}

/// The way to the client's further addresses, for hosts on its link: through its first one. Each of
/// them would otherwise be a neighbour of its own, and a kernel keeps no more than 1024
/// (`gc_thresh3` in `net/ipv4/arp.c`).
pub(super) fn routes_to(experiment: &Experiment) -> Vec<Route> {
    let gateway = experiment.network.client;
    let networks = further_networks(experiment).into_iter();
    networks
        .map(|network| Route::Via { network, gateway })
        .collect()
}

/// The client, plugged into the first switch.
///
/// Its further addresses are routes, because adding one address takes the longer the more there are
/// (`__inet_insert_ifa` in `net/ipv4/devinet.c`).
pub(super) fn node(experiment: &Experiment, mut routes: Vec<Route>) -> Node {
    let Network { client, outer, .. } = experiment.network;
    let further = further_networks(experiment).into_iter();
    routes.extend(further.map(|network| Route::Local { network }));
    Node {
        name: "client".to_owned(),
        sysctls: QUIET.to_vec(),
        interfaces: vec![Interface::new("eth0", 0, client, outer)],
        loopback: vec![],
        routes,
    }
}
