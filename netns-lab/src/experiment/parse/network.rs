//! `[network]`: the two networks and who stands in them.

mod addresses;
mod prefixes;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use director_setup::Forwarding;
use ipnet::Ipv4Net;

use super::super::file::NetworkFile;
use super::super::problem::Problem;
use super::super::written::{Field, Written};
use super::super::{Clients, Network};
use super::{servers, service};
use addresses::{Host, Side};

/// Judges the networks and the addresses in them; what is not written is chosen.
pub(super) fn network(
    file: &NetworkFile,
    service: &service::Draft,
    servers: &[servers::Draft],
    clients: Option<&Written<Clients>>,
    problems: &mut Vec<Problem>,
) -> Option<Network> {
    let vip = service.vip.as_ref().map(|vip| vip.with(*vip.value.ip()));
    let rips: Vec<Written<Ipv4Addr>> = servers
        .iter()
        .filter_map(|server| server.address.as_ref())
        .map(|address| address.with(*address.value.ip()))
        .collect();
    let (outer, inner) = networks(file, vip.as_ref(), &rips, service.forwarding, problems);
    let client = host(&file.client, problems);
    let director = host(&file.director, problems);

    let fixed = [
        ("the VIP", Side::Outer, vip.as_ref()),
        ("the client", Side::Outer, client.written()),
        ("the director", Side::Inner, director.written()),
    ];
    let hosts: Vec<Host<'_>> = fixed
        .into_iter()
        .filter_map(|(who, side, address)| address.map(|address| Host { who, side, address }))
        .chain(rips.iter().map(Host::real_server))
        .collect();
    addresses::inside(&hosts, outer.as_ref(), inner.as_ref(), problems);
    addresses::distinct(&hosts, problems);

    let mut taken: BTreeSet<Ipv4Addr> = hosts.iter().map(|host| host.address.value).collect();
    let (outer, inner) = (outer?, inner?);
    let client = client.or_choose(|| addresses::last_free(&outer, &taken, problems));
    taken.extend(client);
    let director = director.or_choose(|| addresses::first_free(&inner, &taken, problems));
    taken.extend(director);
    if let Some(clients) = clients {
        addresses::room_for(clients, &outer, &taken, problems);
    }
    Some(Network {
        outer: outer.value,
        inner: inner.value,
        client: client?,
        director: director?,
    })
}

/// The two networks, as far as they are written or can be deduced.
fn networks(
    file: &NetworkFile,
    vip: Option<&Written<Ipv4Addr>>,
    rips: &[Written<Ipv4Addr>],
    forwarding: Option<Forwarding>,
    problems: &mut Vec<Problem>,
) -> (Option<Written<Ipv4Net>>, Option<Written<Ipv4Net>>) {
    let outer = match &file.outer {
        Some(written) => prefixes::network(written, problems),
        None => vip.map(prefixes::around),
    };
    let one_for_all = outer
        .as_ref()
        .filter(|outer| forwarding.is_some_and(may_be_one) && prefixes::holds(outer, rips));
    let inner = match (&file.inner, one_for_all) {
        (Some(written), _) => prefixes::network(written, problems),
        (None, Some(outer)) => Some(outer.clone()),
        (None, None) => prefixes::holding(rips, problems),
    };
    if let (Some(outer), Some(inner), Some(forwarding)) = (&outer, &inner, forwarding) {
        prefixes::apart(outer, inner, forwarding, problems);
    }
    (outer, inner)
}

/// The address of a host for which the lab can choose one.
enum Choice {
    Written(Written<Ipv4Addr>),
    Wrong,
    Free,
}

impl Choice {
    fn written(&self) -> Option<&Written<Ipv4Addr>> {
        match self {
            Self::Written(address) => Some(address),
            Self::Wrong | Self::Free => None,
        }
    }

    fn or_choose(&self, choose: impl FnOnce() -> Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        match self {
            Self::Written(address) => Some(address.value),
            Self::Wrong => None,
            Self::Free => choose(),
        }
    }
}

fn host(field: &Field, problems: &mut Vec<Problem>) -> Choice {
    field.as_ref().map_or(Choice::Free, |written| {
        written
            .host(problems)
            .map_or(Choice::Wrong, Choice::Written)
    })
}

/// The networks of the two sides may be the same only if nothing has to pass between them.
fn may_be_one(forwarding: Forwarding) -> bool {
    forwarding != Forwarding::Nat
}
