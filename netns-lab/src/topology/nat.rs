//! NAT: the director stands between two networks and is the real servers' gateway.

use super::{Interface, Node, QUIET, Route, Switch, Topology, client, director_sysctls};
use crate::experiment::{Experiment, Server};

const OUTER: usize = 0;
const INNER: usize = 1;

pub(super) fn plan(experiment: &Experiment) -> Topology {
    Topology {
        client: client::node(experiment, vec![]),
        director: director(experiment),
        real_servers: experiment
            .servers
            .iter()
            .map(|server| real_server(experiment, server))
            .collect(),
        switches: vec![Switch { name: "outer" }, Switch { name: "inner" }],
    }
}

fn director(experiment: &Experiment) -> Node {
    let network = &experiment.network;
    Node {
        name: "director".to_owned(),
        sysctls: director_sysctls("1"),
        interfaces: vec![
            Interface::new("eth0", OUTER, *experiment.service.vip.ip(), network.outer),
            Interface::new("eth1", INNER, network.director, network.inner),
        ],
        loopback: vec![],
        routes: client::routes_to(experiment),
    }
}

fn real_server(experiment: &Experiment, server: &Server) -> Node {
    let network = &experiment.network;
    Node {
        name: server.name.clone(),
        sysctls: QUIET.to_vec(),
        interfaces: vec![Interface::new(
            "eth0",
            INNER,
            *server.address.ip(),
            network.inner,
        )],
        loopback: vec![],
        routes: vec![Route::Default {
            via: network.director,
        }],
    }
}
