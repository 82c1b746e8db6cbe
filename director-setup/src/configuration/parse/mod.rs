//! From a text to a configuration, or to everything that is wrong with it.

mod checks;
mod daemon;
mod server;
mod service;

use std::collections::BTreeSet;
use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::Fields;
use super::review::{Place, Review, Value};
use super::{Configuration, ConfigurationError, ConfiguredService, Reviewed};
use crate::{SyncDaemon, Timeouts};

/// The kernel counts timeouts in ticks of a signed 32-bit number, and makes at least 100 of them
/// in a second (`ip_vs_set_timeout` in `net/netfilter/ipvs/ip_vs_ctl.c`, Linux 6.12).
const TIMEOUT_MAX: u32 = i32::MAX as u32 / 100;

impl Configuration {
    /// Reads a text; `name` tells people which one.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Reviewed, ConfigurationError> {
        let mut review = Review::new(text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let configuration = if errors.is_empty() {
            configuration(&mut review, &root)
        } else {
            syntax_errors(&mut review, &errors);
            Self::default()
        };
        match review.close() {
            Ok(warnings) => Ok(Reviewed {
                configuration,
                warnings,
                blank: !root.get_ref().contains_key("service"),
            }),
            Err(problems) => Err(ConfigurationError::Meaning {
                name: name.to_owned(),
                problems,
            }),
        }
    }
}

/// Keeps the first syntax error of every line: the parser stumbles on over the same mistake.
fn syntax_errors(review: &mut Review, errors: &[toml::de::Error]) {
    let mut lines = BTreeSet::new();
    for error in errors {
        let place = error.span().unwrap_or_default();
        if lines.insert(review.line(&place)) {
            review.wrong(&place, format!("this is not TOML: {}", error.message()));
        }
    }
}

fn configuration(review: &mut Review, root: &Spanned<DeTable<'_>>) -> Configuration {
    let mut fields = Fields::new("the file", root.span(), root.get_ref());
    let timeouts = fields
        .take("timeouts")
        .and_then(|value| timeouts(review, value));
    let daemons = fields
        .take("sync_daemon")
        .map(|value| daemons(review, value));
    let services = fields
        .take("service")
        .map_or_else(Vec::new, |value| services(review, value));
    fields.close(review);
    if daemons.as_ref().is_some_and(|daemons| !daemons.is_empty()) {
        checks::no_mixed_families(review, &services);
    }
    Configuration {
        timeouts,
        daemons,
        services: services.into_iter().map(Spanned::into_inner).collect(),
    }
}

fn timeouts(review: &mut Review, value: Value<'_>) -> Option<Timeouts> {
    let wanted = "a table: write `[timeouts]` on a line of its own";
    let mut fields = Fields::of(review, "`[timeouts]`", wanted, value)?;
    let mut seconds = |key| {
        let seconds = fields.take(key).and_then(|value| {
            let wanted = format!("a number of seconds from 1 to {TIMEOUT_MAX}");
            review.number(value, 1..=TIMEOUT_MAX, &wanted)
        });
        seconds.unwrap_or(0)
    };
    let timeouts = Timeouts {
        tcp: seconds("tcp"),
        tcp_fin: seconds("tcp_fin"),
        udp: seconds("udp"),
    };
    fields.close(review);
    let nothing = Timeouts {
        tcp: 0,
        tcp_fin: 0,
        udp: 0,
    };
    (timeouts != nothing).then_some(timeouts)
}

fn daemons(review: &mut Review, value: Value<'_>) -> Vec<SyncDaemon> {
    let list = review.list(value, "`[[sync_daemon]]` on a line of its own");
    let mut seen = HashMap::new();
    let mut daemons = Vec::new();
    for value in list {
        if let Some(daemon) = daemon::parse(review, value) {
            let text = || format!("the {} sync daemon", daemon.role);
            first_of_its_kind(review, &mut seen, daemon.role, &value.span(), text);
            daemons.push(daemon);
        }
    }
    daemons
}

fn services(review: &mut Review, value: Value<'_>) -> Vec<Spanned<ConfiguredService>> {
    let list: &[Spanned<DeValue<'_>>] = review.list(value, "`[[service]]` on a line of its own");
    let mut seen = HashMap::new();
    let mut services = Vec::new();
    for value in list {
        if let Some(service) = service::parse(review, value) {
            let key = service.get_ref().service.key;
            first_of_its_kind(review, &mut seen, key, &service.span(), || key.to_string());
            services.push(service);
        }
    }
    services
}

/// Notes a second description of the same thing.
fn first_of_its_kind<T: std::hash::Hash + Eq>(
    review: &mut Review,
    seen: &mut HashMap<T, usize>,
    identity: T,
    place: &Place,
    name: impl FnOnce() -> String,
) {
    if let Some(first) = seen.get(&identity) {
        let text = format!("{} is described in line {first} already", name());
        review.wrong(place, text);
    } else {
        seen.insert(identity, review.line(place));
    }
}
