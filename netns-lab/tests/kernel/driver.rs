//! `director-setup` against the kernel: each case runs in a fresh network namespace of the guest.

mod arp;
mod lists;
mod mistakes;
mod namespaces;
mod native;
mod real_servers;
mod refusals;
mod schedulers;
mod services;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use director_setup::{
    AddressFamily, Client, Forwarding, RealServer, Scheduler, Service, ServiceKey,
};
use libtest_mimic::{Failed, Trial};
use netns_lab::namespace::{HostNetwork, Lab, NamespaceError};
use netns_lab::topology::{Node, Topology};

use crate::guest::{Guest, Verdict, Work};
use crate::skip;

/// A case: runs in the guest, is told which namespace not to touch, and fails by a panic.
pub type Case = fn(HostNetwork);

/// Cases, named after their functions.
macro_rules! named_cases {
    ($($function:ident),+ $(,)?) => {
        vec![$((concat!("driver::", stringify!($function)), $function as _)),+]
    };
}
use named_cases;

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
        arp::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The case of this name.
pub fn find(name: &str) -> Option<Work> {
    let (_, case) = cases().into_iter().find(|(known, _)| *known == name)?;
    Some(Box::new(move |host| {
        case(host);
        String::new()
    }))
}

/// The cases as trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let trial = |(name, _)| {
        let guest = Arc::clone(guest);
        Trial::ignorable_test(name, move || match guest.run(name) {
            Verdict::Passed(_) => skip::conclude(Ok(())),
            Verdict::Skipped(skipped) => skip::conclude(Err(skipped)),
            Verdict::Failed(why) => Err(Failed::from(why)),
        })
    };
    cases().into_iter().map(trial).collect()
}

/// Runs `work` with the IPVS of a fresh director.
///
/// Its loopback interface is up: where no interface has ever had an address, some kernels take no
/// IPv4 address for unicast, and refuse every real server with `EINVAL`.
fn on_director<T>(host: HostNetwork, work: impl FnOnce(&mut Client) -> T) -> T {
    let bare = |name: &str| Node {
        name: name.to_owned(),
        sysctls: vec![],
        interfaces: vec![],
        loopback: vec![],
        routes: vec![],
    };
    let topology = Topology {
        client: bare("client"),
        director: bare("director"),
        real_servers: vec![],
        switches: vec![],
    };
    let lab = Lab::build(host, &topology).expect("the guest makes namespaces");
    let mut ipvs = lab
        .director
        .namespace
        .run::<_, NamespaceError>(host, |inside| {
            Ok(inside.ipvs().expect("the guest has IPVS"))
        })
        .expect("the namespace can be entered");
    work(&mut ipvs)
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
