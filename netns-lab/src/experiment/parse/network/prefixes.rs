//! The two networks: as written, or deduced from the addresses in them.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use director_setup::Forwarding;
use ipnet::Ipv4Net;

use super::super::super::problem::Problem;
use super::super::super::spelling::quoted;
use super::super::super::written::{Scalar, Written};
use super::super::scalar::usable;

/// The prefix lengths that leave room for two hosts and do not span special address blocks.
const PREFIXES: RangeInclusive<u8> = 8..=30;
/// The prefix length of a network that nobody wrote down.
const USUAL_PREFIX: u8 = 24;

/// The network that it must be.
pub(super) fn network(
    written: &Written<Scalar>,
    problems: &mut Vec<Problem>,
) -> Option<Written<Ipv4Net>> {
    let text = written.text(problems)?;
    let example = "write a network and its prefix length, such as 192.168.1.0/24";
    let Ok(network) = text.value.parse::<Ipv4Net>() else {
        let fault = format!("{} is not an IPv4 network", quoted(text.value));
        problems.push(Problem::at(&text.place, fault).remedy(example));
        return None;
    };
    if !PREFIXES.contains(&network.prefix_len()) {
        let fault = format!(
            "a prefix length of {} is not possible here",
            network.prefix_len()
        );
        let remedy = "use one from 8 to 30, such as 24";
        problems.push(Problem::at(&text.place, fault).remedy(remedy));
        return None;
    }
    if network.addr() != network.network() {
        let fault = format!("{network} is an address in a network, not a network");
        let remedy = format!("write {}", network.trunc());
        problems.push(Problem::at(&text.place, fault).remedy(remedy));
        return None;
    }
    usable(text.with(network.addr()), problems).map(|place| place.with(network))
}

/// The usual network around one address.
pub(super) fn around(address: &Written<Ipv4Addr>) -> Written<Ipv4Net> {
    address.with(cut(address.value, USUAL_PREFIX))
}

/// All real servers are in this network.
pub(super) fn holds(network: &Written<Ipv4Net>, rips: &[Written<Ipv4Addr>]) -> bool {
    rips.iter().all(|rip| network.value.contains(&rip.value))
}

/// The smallest sensible network that holds all real servers; `None` without any.
pub(super) fn holding(
    rips: &[Written<Ipv4Addr>],
    problems: &mut Vec<Problem>,
) -> Option<Written<Ipv4Net>> {
    let first = rips.first()?;
    let found = (*PREFIXES.start()..=USUAL_PREFIX)
        .rev()
        .map(|prefix| cut(first.value, prefix))
        .find(|network| rips.iter().all(|rip| has_room_for(*network, rip.value)));
    if let Some(network) = found {
        return Some(first.with(network));
    }
    let stranger = rips
        .iter()
        .find(|rip| rip.value.octets()[0] != first.value.octets()[0]);
    let mut problem = Problem::at(
        &stranger.unwrap_or(first).place,
        "no network from /24 to /8 holds all real servers",
    );
    if stranger.is_some() {
        problem = problem.related(&first.place, "far away from this one");
    }
    let remedy = "give the real servers addresses of one network, such as 192.168.1.0/24";
    problems.push(problem.remedy(remedy));
    None
}

/// In the usual network an address at the edge is more likely a mistake than a reason to widen it.
fn has_room_for(network: Ipv4Net, address: Ipv4Addr) -> bool {
    let at_edge = address == network.network() || address == network.broadcast();
    network.contains(&address) && (network.prefix_len() == USUAL_PREFIX || !at_edge)
}

/// The network of this prefix length that holds the address.
fn cut(address: Ipv4Addr, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(address, prefix).trunc()
}

/// The two networks fit the way in which packets are forwarded.
pub(super) fn apart(
    outer: &Written<Ipv4Net>,
    inner: &Written<Ipv4Net>,
    forwarding: Forwarding,
    problems: &mut Vec<Problem>,
) {
    let overlap = outer.value.contains(&inner.value) || inner.value.contains(&outer.value);
    let equal = outer.value == inner.value;
    let one_link = super::may_be_one(forwarding);
    if !overlap || (equal && one_link) {
        return;
    }
    let (fault, remedy) = if one_link {
        (
            format!(
                "the inner network {} overlaps the outer one {}",
                inner.value, outer.value
            ),
            "with direct routing, make `inner` and `outer` the same network or two separate ones",
        )
    } else {
        (
            format!(
                "with NAT the inner network {} must not overlap the outer one {}: replies must pass the director",
                inner.value, outer.value
            ),
            "put the real servers into a network of their own, such as 192.168.1.0/24",
        )
    };
    let problem = Problem::at(&inner.place, fault)
        .related(&outer.place, "the outer network")
        .remedy(remedy);
    problems.push(problem);
}
