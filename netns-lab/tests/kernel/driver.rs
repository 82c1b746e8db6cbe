//! `director-setup` against the kernel: each case runs in a fresh network namespace of the guest.

mod arp;
mod changes;
mod declarative;
mod lists;
mod mistakes;
mod namespaces;
mod native;
mod real_servers;
mod refusals;
mod schedulers;
mod services;
mod settings;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;
use std::sync::Arc;

use director_setup::{
    AddressFamily, Client, Forwarding, RealServer, Scheduler, Service, ServiceKey,
};
use libtest_mimic::Trial;
use netns_lab::namespace::{HostNetwork, Lab, Namespace, NamespaceError};
use netns_lab::topology::{Interface, Node, Switch, Topology};

use crate::guest::cases::{self, Case, named_cases};
use crate::guest::{Guest, Work};

/// The interface of a director that has one.
const LINK: &str = "link0";

/// Every case by its name.
pub fn cases() -> Vec<(&'static str, Case)> {
    [
        services::cases(),
        schedulers::cases(),
        real_servers::cases(),
        refusals::cases(),
        lists::cases(),
        mistakes::cases(),
        namespaces::cases(),
        native::cases(),
        changes::cases(),
        settings::cases(),
        declarative::cases(),
        arp::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The case of this name.
pub fn find(name: &str) -> Option<Work> {
    cases::find(cases(), name)
}

/// The cases as trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    cases::trials(cases(), guest)
}

/// Runs `work` with the IPVS of a fresh director.
///
/// Its loopback interface is up: where no interface has ever had an address, some kernels take no
/// IPv4 address for unicast, and refuse every real server with `EINVAL`.
fn on_director<T>(host: HostNetwork, work: impl FnOnce(&mut Client) -> T) -> T {
    in_director(host, vec![], |ipvs, _| work(ipvs))
}

/// The same on a director that has an interface [`LINK`] with an IPv4 address.
fn on_linked_director<T>(host: HostNetwork, work: impl FnOnce(&mut Client) -> T) -> T {
    let link = Interface {
        name: LINK,
        mac: [2, 0, 0, 0, 0, 1],
        switch: 0,
        addresses: vec!["192.168.0.10/24".parse().expect("it is an address")],
    };
    in_director(host, vec![link], |ipvs, _| work(ipvs))
}

/// The same on a director with these interfaces, which are all on one link; `work` gets its
/// namespace as well.
fn in_director<T>(
    host: HostNetwork,
    interfaces: Vec<Interface>,
    work: impl FnOnce(&mut Client, &Namespace) -> T,
) -> T {
    let bare = |name: &str| Node {
        name: name.to_owned(),
        sysctls: vec![],
        interfaces: vec![],
        loopback: vec![],
        routes: vec![],
    };
    let switch = (!interfaces.is_empty()).then_some(Switch { name: "switch" });
    let topology = Topology {
        client: bare("client"),
        director: Node {
            interfaces,
            ..bare("director")
        },
        real_servers: vec![],
        switches: switch.into_iter().collect(),
    };
    let lab = Lab::build(host, &topology).expect("the guest makes namespaces");
    let director = &lab.director.namespace;
    let mut ipvs = director
        .run::<_, NamespaceError>(host, |inside| {
            Ok(inside.ipvs().expect("the guest has IPVS"))
        })
        .expect("the namespace can be entered");
    work(&mut ipvs, director)
}

/// A virtual service of UDP with one real server, and its client, all on the director's own
/// loopback address.
struct Local {
    service: Service,
    server: RealServer,
    client: UdpSocket,
    /// Kept so that nobody says that its port is closed.
    _server: UdpSocket,
}

impl Local {
    /// The service of this port; its real server has the one after it.
    fn add(host: HostNetwork, ipvs: &mut Client, director: &Namespace, port: u16) -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let service = Service::new(ServiceKey::udp(at(port)), Scheduler::RoundRobin);
        let server = RealServer::new(at(port + 1), Forwarding::Nat);
        ipvs.add_service(&service).unwrap();
        ipvs.add_server(&service.key, &server).unwrap();
        let sockets = director.run::<_, NamespaceError>(host, |_| {
            let listening = UdpSocket::bind(server.address).expect("the port is free");
            let client = UdpSocket::bind(at(0)).expect("some port is free");
            client.connect(at(port)).expect("loopback is up");
            Ok((client, listening))
        });
        let (client, listening) = sockets.expect("the namespace can be entered");
        Self {
            service,
            server,
            client,
            _server: listening,
        }
    }

    /// Sends datagrams, which are one connection to IPVS.
    fn send(&self, datagrams: usize) {
        for _ in 0..datagrams {
            self.client
                .send(b"datagram")
                .expect("the real server is there");
        }
    }
}

/// The service of the tutorial.
fn web() -> Service {
    Service::new(
        ServiceKey::tcp(([192, 168, 0, 1], 80).into()),
        Scheduler::WeightedLeastConnection,
    )
}

/// One key of every kind.
fn keys() -> Vec<ServiceKey> {
    let v4 = SocketAddr::from(([192, 168, 0, 1], 80));
    let v6 = SocketAddr::from((documentation(1), 80));
    let mark = NonZeroU32::new(5).expect("it is not 0");
    vec![
        ServiceKey::tcp(v4),
        ServiceKey::udp(v4),
        ServiceKey::tcp(v6),
        ServiceKey::udp(v6),
        ServiceKey::firewall_mark(mark, AddressFamily::Ipv4),
        ServiceKey::firewall_mark(mark, AddressFamily::Ipv6),
    ]
}

/// The `number`-th real server of a family, counted from 1.
fn server(family: AddressFamily, number: u16, forwarding: Forwarding) -> RealServer {
    let [high, low] = number.to_be_bytes();
    let address: IpAddr = match family {
        AddressFamily::Ipv4 => Ipv4Addr::new(10, 1, high, low).into(),
        AddressFamily::Ipv6 => documentation(0x100 + number).into(),
    };
    RealServer::new(SocketAddr::new(address, 80), forwarding)
}

/// An address of `2001:db8::/32`, which belongs to nobody.
const fn documentation(host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host)
}

/// The only service there is.
fn only_service(ipvs: &mut Client) -> Service {
    let mut services = ipvs.services().expect("services can be listed");
    assert_eq!(services.len(), 1, "{services:?}");
    services.remove(0).service
}

/// The real servers of a service, without counters.
fn servers(ipvs: &mut Client, key: &ServiceKey) -> Vec<RealServer> {
    let entries = ipvs.servers(key).expect("real servers can be listed");
    entries.into_iter().map(|entry| entry.server).collect()
}
