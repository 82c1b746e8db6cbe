//! The client: a host with as many source addresses and ports as its connections need.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::{Interface, Node, QUIET, Route};
use crate::experiment::{ConnectionMode, Experiment, Network};

/// Source ports of every address of the client: all that are not reserved for root.
pub const SOURCE_PORTS: RangeInclusive<u16> = 1024..=65535;

/// The client's addresses: the first is the experiment's, and there are as many as it takes to give
/// every connection a source of its own, or as many as the outer network has left.
///
/// IPVS knows a connection by its source, and remembers it for up to two minutes after its end. By
/// direct routing a new connection from a remembered source is not scheduled: it goes where the
/// old one went (`is_new_conn_expected` in `ip_vs_core.c`, Linux 6.1).
pub fn client_addresses(experiment: &Experiment) -> Vec<Ipv4Addr> {
    let network = &experiment.network;
    let connections = match experiment.load.connections {
        ConnectionMode::PerRequest => experiment.load.requests,
        ConnectionMode::KeepAlive => experiment.load.concurrency.into(),
    };
    let needed = connections.div_ceil(SOURCE_PORTS.len() as u64).max(1);
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
    let further = usize::try_from(needed - 1).unwrap_or(usize::MAX);
    [network.client]
        .into_iter()
        .chain(free.take(further))
        .collect()
}

/// The client, plugged into the first switch.
pub(super) fn node(experiment: &Experiment, routes: Vec<Route>) -> Node {
    let Network { client, outer, .. } = experiment.network;
    let further = client_addresses(experiment).into_iter().skip(1);
    let interface = Interface::new("eth0", 0, client, outer);
    Node {
        name: "client".to_owned(),
        sysctls: QUIET.to_vec(),
        interfaces: vec![further.fold(interface, |it, address| it.with_address(address, outer))],
        loopback: vec![],
        routes,
    }
}
