//! The steps for services and their real servers.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use super::drain::Leaving;
use super::step::Step;
use super::{Options, Parts, Removal, Unnamed, describe};
use crate::configuration::{Configuration, ConfiguredService};
use crate::{Change, RealServer, Service, ServiceKey, Weight};

/// Makes the services that `wanted` names what it says.
pub(super) fn named(
    parts: &mut Parts,
    actual: &Configuration,
    wanted: &Configuration,
    options: &Options,
) {
    let by_key: HashMap<ServiceKey, &ConfiguredService> = actual
        .services
        .iter()
        .map(|one| (one.service.key, one))
        .collect();
    for service in &wanted.services {
        let found = by_key.get(&service.service.key).copied();
        settings(parts, found.map(|found| &found.service), &service.service);
        let found = found.map_or(&[][..], |found| &found.servers);
        servers(parts, service, found);
        if let Unnamed::Delete = options.unnamed {
            unnamed_servers(parts, service, found, options.removal);
        }
    }
}

/// Deletes the services that `wanted` does not name.
pub(super) fn unnamed(
    parts: &mut Parts,
    actual: &Configuration,
    wanted: &Configuration,
    removal: Removal,
) {
    let named: HashSet<ServiceKey> = wanted.services.iter().map(|one| one.service.key).collect();
    for ConfiguredService { service, servers } in &actual.services {
        if named.contains(&service.key) {
            continue;
        }
        let details = match servers.len() {
            0 => Vec::new(),
            1 => vec!["its real server too".to_owned()],
            count => vec![format!("its {count} real servers too")],
        };
        let step = Step::new(Change::DeleteService { key: service.key }, &details);
        match removal {
            Removal::AtOnce => parts.first.push(step),
            Removal::Drained(_) => {
                for server in servers {
                    quiesce(parts, service.key, server);
                }
                parts.last.push(step);
            }
        }
    }
}

fn settings(parts: &mut Parts, found: Option<&Service>, wanted: &Service) {
    let Some(found) = found else {
        let details = describe::new_service(wanted);
        let service = wanted.clone();
        parts
            .first
            .push(Step::new(Change::AddService { service }, &details));
        return;
    };
    let service = Service {
        unknown: found.unknown.clone(),
        ..wanted.clone()
    };
    if service != *found {
        let details = describe::edited_service(found, &service);
        parts
            .first
            .push(Step::new(Change::EditService { service }, &details));
    }
}

/// Adds what is missing, and then edits what differs.
fn servers(parts: &mut Parts, wanted: &ConfiguredService, found: &[RealServer]) {
    let key = wanted.service.key;
    let by_address: HashMap<SocketAddr, &RealServer> =
        found.iter().map(|one| (one.address, one)).collect();
    let (mut open, mut close) = (Vec::new(), Vec::new());
    for server in &wanted.servers {
        let Some(found) = by_address.get(&server.address) else {
            let details = describe::new_server(server);
            let server = server.clone();
            parts
                .first
                .push(Step::new(Change::AddServer { key, server }, &details));
            continue;
        };
        let server = RealServer {
            unknown: found.unknown.clone(),
            ..server.clone()
        };
        if server == **found {
            continue;
        }
        // A server that takes over has its weight before another gives up its own.
        let edits = match server.weight {
            Weight::ZERO => &mut close,
            _ => &mut open,
        };
        edits.push(edit(key, found, server));
    }
    parts.first.append(&mut open);
    parts.first.append(&mut close);
}

fn unnamed_servers(
    parts: &mut Parts,
    wanted: &ConfiguredService,
    found: &[RealServer],
    removal: Removal,
) {
    let key = wanted.service.key;
    let named: HashSet<SocketAddr> = wanted.servers.iter().map(|one| one.address).collect();
    for server in found {
        let address = server.address;
        if named.contains(&address) {
            continue;
        }
        let step = Step::new(Change::DeleteServer { key, address }, &[]);
        match removal {
            Removal::AtOnce => parts.first.push(step),
            Removal::Drained(_) => {
                quiesce(parts, key, server);
                parts.last.push(step);
            }
        }
    }
}

fn quiesce(parts: &mut Parts, key: ServiceKey, server: &RealServer) {
    let address = server.address;
    parts.leaving.push(Leaving { key, address });
    if server.weight != Weight::ZERO {
        let quiet = server.clone().with_weight(Weight::ZERO);
        parts
            .quiesce
            .push(edit(key, server, quiet).because("to drain it"));
    }
}

fn edit(key: ServiceKey, found: &RealServer, server: RealServer) -> Step {
    let details = describe::edited_server(found, &server);
    Step::new(Change::EditServer { key, server }, &details)
}
