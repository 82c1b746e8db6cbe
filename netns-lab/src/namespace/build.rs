//! Turns a [`Topology`] into namespaces.

use std::os::fd::AsFd;

use super::rtnetlink::{Peer, Port, Request};
use super::sysctl::{self, SysctlError};
use super::{HostNetwork, Inside, Namespace, NamespaceError, RtError, RtSocket};
use crate::topology::{Node, Route, Switch, Topology};

/// Index of the bridge in the namespace of a switch; ports follow.
const BRIDGE: u32 = 2;
/// Index of the loopback interface in every namespace.
const LOOPBACK: u32 = 1;
/// Index of a node's first interface.
const FIRST_INTERFACE: u32 = 2;

/// A lab could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// A setting.
    #[error(transparent)]
    Sysctl(#[from] SysctlError),
    /// A link, an address or a route.
    #[error("cannot build {node}")]
    Network {
        /// The host or switch.
        node: String,
        /// What went wrong.
        source: RtError,
    },
}

/// A host of the lab.
pub struct Host {
    /// Its network namespace.
    pub namespace: Namespace,
    /// A socket inside it.
    pub rtnetlink: RtSocket,
}

/// All hosts and switches of a lab; dropping it removes them.
pub struct Lab {
    /// The host that offers load.
    pub client: Host,
    /// The host that runs IPVS.
    pub director: Host,
    /// The real servers, in the order of the experiment.
    pub real_servers: Vec<Host>,
    /// Kept for their bridges.
    _switches: Vec<Host>,
}

impl Host {
    fn create(host: HostNetwork, node: &Node) -> Result<Self, BuildError> {
        Self::create_with(host, &node.name, |inside| {
            node.sysctls
                .iter()
                .try_for_each(|setting| sysctl::write(inside, *setting))?;
            Ok(())
        })
    }

    fn create_with(
        host: HostNetwork,
        name: &str,
        prepare: impl FnOnce(&Inside) -> Result<(), BuildError> + Send,
    ) -> Result<Self, BuildError> {
        let (namespace, rtnetlink) = Namespace::create(host, |inside| {
            prepare(inside)?;
            RtSocket::open(inside).map_err(|source| BuildError::Network {
                node: name.to_owned(),
                source,
            })
        })?;
        Ok(Self {
            namespace,
            rtnetlink,
        })
    }

    fn apply(&mut self, name: &str, requests: Vec<Request>) -> Result<(), BuildError> {
        self.rtnetlink
            .apply(requests)
            .map_err(|source| BuildError::Network {
                node: name.to_owned(),
                source,
            })
    }
}

impl Lab {
    /// Builds the lab.
    ///
    /// Both ends of a veth pair are born where they belong: nothing is made elsewhere and moved.
    pub fn build(host: HostNetwork, topology: &Topology) -> Result<Self, BuildError> {
        let mut switches = topology
            .switches
            .iter()
            .map(|switch| create_switch(host, switch))
            .collect::<Result<Vec<_>, _>>()?;
        let mut hosts = topology
            .nodes()
            .map(|node| Host::create(host, node))
            .collect::<Result<Vec<_>, _>>()?;
        plug(topology, &hosts, &mut switches)?;
        for (node, host) in topology.nodes().zip(&mut hosts) {
            host.apply(&node.name, node_requests(node))?;
        }
        let mut hosts = hosts.into_iter();
        let (Some(client), Some(director)) = (hosts.next(), hosts.next()) else {
            unreachable!("a topology has a client and a director");
        };
        Ok(Self {
            client,
            director,
            real_servers: hosts.collect(),
            _switches: switches,
        })
    }
}

fn create_switch(host: HostNetwork, switch: &Switch) -> Result<Host, BuildError> {
    let mut created = Host::create_with(host, switch.name, |_| Ok(()))?;
    created.apply(switch.name, vec![Request::add_bridge("br0", BRIDGE)])?;
    Ok(created)
}

/// Plugs every interface of every node into its switch.
fn plug(topology: &Topology, hosts: &[Host], switches: &mut [Host]) -> Result<(), BuildError> {
    for (number, (switch, place)) in topology.switches.iter().zip(switches).enumerate() {
        let plugged = topology.nodes().zip(hosts).flat_map(|(node, host)| {
            let interfaces = node.interfaces.iter().zip(FIRST_INTERFACE..);
            interfaces.map(move |(interface, index)| (host, interface, index))
        });
        let plugged = plugged.filter(|(_, interface, _)| interface.switch == number);
        let requests = plugged
            .zip(BRIDGE + 1..)
            .map(|((host, interface, index), port)| {
                Request::add_veth(
                    &Port {
                        name: &format!("port{port}"),
                        index: port,
                        bridge: BRIDGE,
                    },
                    &Peer {
                        namespace: host.namespace.as_fd(),
                        name: interface.name,
                        index,
                        mac: interface.mac,
                    },
                )
            });
        place.apply(switch.name, requests.collect())?;
    }
    Ok(())
}

/// Addresses and routes of a node whose interfaces are there.
fn node_requests(node: &Node) -> Vec<Request> {
    let mut requests = vec![Request::set_up(LOOPBACK)];
    let loopback = node.loopback.iter().copied();
    requests.extend(loopback.map(|address| Request::add_address(LOOPBACK, address)));
    for (interface, index) in node.interfaces.iter().zip(FIRST_INTERFACE..) {
        requests.push(Request::set_up(index));
        let addresses = interface.addresses.iter().copied();
        requests.extend(addresses.map(|address| Request::add_address(index, address)));
    }
    requests.extend(
        node.routes
            .iter()
            .map(|route| Request::add_route(*route, interface_of(node, *route))),
    );
    requests
}

/// Index of the interface of an on-link or a local route; 0, "none", for others.
fn interface_of(node: &Node, route: Route) -> u32 {
    let interface = match route {
        Route::OnLink { interface, .. } => interface,
        Route::Local { .. } => return LOOPBACK,
        Route::Default { .. } | Route::Via { .. } => return 0,
    };
    node.interfaces
        .iter()
        .zip(FIRST_INTERFACE..)
        .find_map(|(candidate, index)| (candidate.name == interface).then_some(index))
        .unwrap_or(0)
}
