//! `[[service]]`.

use std::collections::HashMap;
use std::num::NonZeroU32;

use toml::Spanned;

use super::checks;
use super::first_of_its_kind;
use super::server;
use crate::configuration::ConfiguredService;
use crate::configuration::addresses;
use crate::configuration::fields::Fields;
use crate::configuration::review::{Place, Review, Value};
use crate::configuration::unknown;
use crate::{
    AddressFamily, Netmask, Persistence, Protocol, RealServer, Scheduler, Service, ServiceFlags,
    ServiceKey,
};

const WANTED: &str = "a table: write `[[service]]` on a line of its own";
/// With ticks of 1/1000 s the kernel's 32-bit number has no room for more, and it does not say so.
const PERSISTENCE_MAX: u32 = u32::MAX / 1000;

/// A service with the place of its address, after noting everything that is wrong with it.
pub(super) fn parse(review: &mut Review, value: Value<'_>) -> Option<Spanned<ConfiguredService>> {
    let mut fields = Fields::of(review, "a service", WANTED, value)?;
    let place = address_place(&fields, value);
    let key = key(review, &mut fields);
    let scheduler = fields.need(review, "scheduler").and_then(|value| {
        let scheduler = review.word::<Scheduler>(value, "a word such as \"wlc\"")?;
        checks::scheduler(review, &value.span(), &scheduler);
        Some(scheduler)
    });
    let flags = fields.take("flags").zip(scheduler.as_ref());
    let flags = flags.map_or(ServiceFlags::NONE, |(value, scheduler)| {
        flags_of(review, value, scheduler)
    });
    let persistence = fields
        .take("persistence")
        .and_then(|value| persistence(review, value, key.as_ref()));
    let engine = fields.take("engine").and_then(|value| {
        let name = review.text(value, "a word such as \"sip\"")?.to_owned();
        checks::engine(review, &value.span(), &name, persistence.as_ref());
        Some(name)
    });
    let unknown = unknown::parse(review, fields.take("unknown"));
    let servers = fields.take("server");
    fields.close(review);
    let servers = servers.map_or_else(Vec::new, |value| servers_of(review, value, key.as_ref()));
    let service = Service {
        key: key?,
        scheduler: scheduler?,
        flags,
        persistence,
        engine,
        unknown,
    };
    checks::service(review, &place, &service, servers.len());
    let service = ConfiguredService { service, servers };
    Some(Spanned::new(place, service))
}

/// Where a problem of the whole service is best shown.
fn address_place<'t>(fields: &Fields<'t>, whole: Value<'t>) -> Place {
    let shown = fields.peek("address").or_else(|| fields.peek("fwmark"));
    shown.unwrap_or(whole).span()
}

fn key(review: &mut Review, fields: &mut Fields<'_>) -> Option<ServiceKey> {
    if let Some(value) = fields.take("fwmark") {
        let family = fields
            .take("family")
            .map_or(Some(AddressFamily::Ipv4), |value| {
                review.word(value, "\"ipv4\" or \"ipv6\"")
            });
        for key in ["protocol", "address"] {
            if let Some(value) = fields.take(key) {
                let text = format!("a service with a firewall mark has no {key}: leave one out");
                review.wrong(&value.span(), text);
            }
        }
        let wanted = format!("a firewall mark from 1 to {}", u32::MAX);
        let mark: u32 = review.number(value, 1..=u32::MAX, &wanted)?;
        return Some(ServiceKey::firewall_mark(NonZeroU32::new(mark)?, family?));
    }
    let protocol = fields
        .need(review, "protocol")
        .and_then(|value| review.word::<Protocol>(value, "tcp, udp or sctp in quotes"));
    let address = fields
        .need(review, "address")
        .and_then(|value| addresses::of_service(review, value));
    if let Some(value) = fields.take("family") {
        let text = "the address says the family: only a service with a firewall mark has this key";
        review.wrong(&value.span(), text);
    }
    let (protocol, address) = (protocol?, address?);
    Some(ServiceKey::Address { protocol, address })
}

fn flags_of(review: &mut Review, value: Value<'_>, scheduler: &Scheduler) -> ServiceFlags {
    let mut flags = ServiceFlags::NONE;
    for value in review.list(value, "a list such as [\"sh-port\"]") {
        let Some(name) = review.text(value, "a word in quotes") else {
            continue;
        };
        match ServiceFlags::named(name, scheduler) {
            Ok(flag) => flags |= flag,
            Err(error) => review.wrong(&value.span(), error.to_string()),
        }
    }
    flags
}

fn persistence(
    review: &mut Review,
    value: Value<'_>,
    key: Option<&ServiceKey>,
) -> Option<Persistence> {
    let wanted = "a table such as { timeout = 300 }";
    let mut fields = Fields::of(review, "persistence", wanted, value)?;
    let timeout = fields.need(review, "timeout").and_then(|value| {
        let wanted = format!("a number of seconds from 0 to {PERSISTENCE_MAX}");
        review.number(value, 0..=PERSISTENCE_MAX, &wanted)
    });
    let netmask = fields.take("netmask");
    fields.close(review);
    let family = key?.family();
    let netmask = match netmask {
        None => Netmask::single_client(family),
        Some(value) => match family {
            AddressFamily::Ipv4 => {
                let wanted = "a mask such as \"255.255.255.0\", as the service is ipv4";
                let text = review.text(value, wanted)?;
                let Ok(mask) = text.parse() else {
                    review.wrong(&value.span(), format!("{text:?} is not {wanted}"));
                    return None;
                };
                Netmask::Ipv4(mask)
            }
            AddressFamily::Ipv6 => {
                let wanted = "a prefix length from 1 to 128, as the service is ipv6";
                Netmask::Ipv6(review.number(value, 1..=128, wanted)?)
            }
        },
    };
    Some(Persistence {
        timeout_seconds: timeout?,
        netmask,
    })
}

/// The real servers; without a key they are looked at only for what is wrong with themselves.
fn servers_of(review: &mut Review, value: Value<'_>, key: Option<&ServiceKey>) -> Vec<RealServer> {
    let list = review.list(
        value,
        "a list, or `[[service.server]]` on a line of its own",
    );
    let mut seen = HashMap::new();
    let mut servers = Vec::new();
    for value in list {
        let Some(server) = server::parse(review, value, key) else {
            continue;
        };
        let (place, server) = (server.span(), server.into_inner());
        let name = || format!("real server {}", server.address);
        first_of_its_kind(review, &mut seen, server.address, &place, name);
        servers.push(server);
    }
    servers
}
