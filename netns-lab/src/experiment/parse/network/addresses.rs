//! Who stands where: every address in its network, and no address twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::super::super::Clients;
use super::super::super::problem::Problem;
use super::super::super::written::Written;

/// The network in which a host must have its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Outer,
    Inner,
}

/// One address of the lab.
pub(super) struct Host<'w> {
    pub(super) who: &'static str,
    pub(super) side: Side,
    pub(super) address: &'w Written<Ipv4Addr>,
}

/// What real servers are called in messages.
const REAL_SERVER: &str = "a real server";

impl<'w> Host<'w> {
    pub(super) fn real_server(address: &'w Written<Ipv4Addr>) -> Self {
        Self {
            who: REAL_SERVER,
            side: Side::Inner,
            address,
        }
    }
}

/// Every host has an address that its network gives to hosts.
pub(super) fn inside(
    hosts: &[Host<'_>],
    outer: Option<&Written<Ipv4Net>>,
    inner: Option<&Written<Ipv4Net>>,
    problems: &mut Vec<Problem>,
) {
    for host in hosts {
        let (network, side) = match host.side {
            Side::Outer => (outer, "outer"),
            Side::Inner => (inner, "inner"),
        };
        let Some(network) = network else { continue };
        let Some(fault) = misplaced(host.address.value, network.value, side) else {
            continue;
        };
        let mut problem = Problem::at(&host.address.place, format!("{}: {fault}", host.who))
            .remedy(format!("choose an address from {}", range(network.value)));
        if network.place != host.address.place {
            problem = problem.related(&network.place, format!("the {side} network"));
        }
        problems.push(problem);
    }
}

/// Why a host of this network cannot have this address.
fn misplaced(address: Ipv4Addr, network: Ipv4Net, side: &str) -> Option<String> {
    if !network.contains(&address) {
        Some(format!("{address} is not in the {side} network {network}"))
    } else if address == network.network() {
        Some(format!(
            "{address} is the address of the network {network} itself"
        ))
    } else if address == network.broadcast() {
        Some(format!("{address} is the broadcast address of {network}"))
    } else {
        None
    }
}

/// "192.168.0.1 to 192.168.0.254"
fn range(network: Ipv4Net) -> String {
    let mut hosts = network.hosts();
    match (hosts.next(), hosts.next_back()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => network.to_string(),
    }
}

/// No two hosts share an address; real servers among themselves are judged elsewhere.
pub(super) fn distinct(hosts: &[Host<'_>], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<Ipv4Addr, &Host<'_>> = BTreeMap::new();
    for host in hosts {
        let first = *seen.entry(host.address.value).or_insert(host);
        let both_real = first.who == REAL_SERVER && host.who == REAL_SERVER;
        if std::ptr::eq(first, host) || both_real {
            continue;
        }
        let fault = format!(
            "{} is the address of {} and of {}",
            host.address.value, first.who, host.who
        );
        let problem = Problem::at(&host.address.place, fault)
            .related(&first.address.place, first.who)
            .remedy("give each host an address of its own");
        problems.push(problem);
    }
}

/// The last address of a network that nobody has: the client's usual one.
pub(super) fn last_free(
    network: &Written<Ipv4Net>,
    taken: &BTreeSet<Ipv4Addr>,
    problems: &mut Vec<Problem>,
) -> Option<Ipv4Addr> {
    let mut hosts = network.value.hosts().rev();
    let free = hosts.find(|address| !taken.contains(address));
    free.or_else(|| full(network, "the client", problems))
}

/// The first address of a network that nobody has: the director's usual one.
pub(super) fn first_free(
    network: &Written<Ipv4Net>,
    taken: &BTreeSet<Ipv4Addr>,
    problems: &mut Vec<Problem>,
) -> Option<Ipv4Addr> {
    let mut hosts = network.value.hosts();
    let free = hosts.find(|address| !taken.contains(address));
    free.or_else(|| full(network, "the director", problems))
}

/// The outer network has so many addresses for the client; its first one is among those taken.
pub(super) fn room_for(
    clients: &Written<Clients>,
    outer: &Written<Ipv4Net>,
    taken: &BTreeSet<Ipv4Addr>,
    problems: &mut Vec<Problem>,
) {
    let Clients::Exactly(wanted) = clients.value else {
        return;
    };
    let all = (1_u32 << (32 - outer.value.prefix_len())) - 2;
    let others = taken.iter().filter(|it| outer.value.contains(*it)).count() - 1;
    let room = all.saturating_sub(u32::try_from(others).unwrap_or(u32::MAX));
    if wanted <= room {
        return;
    }
    let fault = format!(
        "the outer network {} has room for {room} clients, not for {wanted}",
        outer.value
    );
    let remedy = format!(
        "write at most {room}, or take a larger network: `vip = \"10.0.0.1:80\"`, \
         `outer = \"{}\"`",
        large_enough(wanted, others)
    );
    let mut problem = Problem::at(&clients.place, fault).remedy(remedy);
    if outer.place != clients.place {
        problem = problem.related(&outer.place, "the outer network");
    }
    problems.push(problem);
}

/// A network from 10.0.0.0 on with room for so many clients and the others, at most a /8.
fn large_enough(clients: u32, others: usize) -> Ipv4Net {
    let hosts = u64::from(clients) + others as u64 + 2;
    let bits = hosts.next_power_of_two().trailing_zeros().min(24);
    let prefix = u8::try_from(32 - bits).unwrap_or(8).min(16);
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), prefix)
}

fn full(network: &Written<Ipv4Net>, who: &str, problems: &mut Vec<Problem>) -> Option<Ipv4Addr> {
    let fault = format!(
        "the network {} has no address left for {who}",
        network.value
    );
    let remedy = "choose a larger network: a smaller number behind the `/`";
    problems.push(Problem::at(&network.place, fault).remedy(remedy));
    None
}
