//! What the kernel has.

use std::net::{IpAddr, Ipv4Addr};

use super::{Configuration, ConfiguredService};
use crate::{Client, Error, ServiceEntry, SyncDaemon};

/// What a daemon has that was told nothing else (`include/net/ip_vs.h`, Linux 6.12).
const DEFAULT_GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
const DEFAULT_PORT: u16 = 8848;
const DEFAULT_TTL: u8 = 1;

/// Reads everything that a [`Configuration`] can say.
///
/// The services are sorted by their keys, because the kernel lists them in the order of a hash
/// table, which means nothing. Of a daemon the defaults are left out, except the longest message:
/// the kernel has derived it from the interface, and does not say so.
///
/// The kernel gives no snapshot: it is asked for the services, and then for the real servers of
/// each. What is changed meanwhile by somebody else may be seen in part.
///
/// # Errors
///
/// [`Error::Refused`] with `EPERM`: no permission.
pub fn read(client: &mut Client) -> Result<Configuration, Error> {
    let mut services = client
        .services()?
        .into_iter()
        .map(|entry| read_service(client, entry))
        .collect::<Result<Vec<_>, Error>>()?;
    services.sort_by_key(|service| service.service.key);
    let daemons = client.daemons()?.into_iter().map(without_defaults);
    Ok(Configuration {
        timeouts: Some(client.timeouts()?),
        daemons: Some(daemons.collect()),
        services,
    })
}

fn read_service(client: &mut Client, entry: ServiceEntry) -> Result<ConfiguredService, Error> {
    let servers = client.servers(&entry.service.key)?;
    Ok(ConfiguredService {
        service: entry.service,
        // The kernel has the last added first.
        servers: servers.into_iter().rev().map(|one| one.server).collect(),
    })
}

/// The daemon as one has to describe it to get it.
pub(crate) fn without_defaults(daemon: SyncDaemon) -> SyncDaemon {
    SyncDaemon {
        group: daemon.group.filter(|group| *group != DEFAULT_GROUP),
        port: daemon.port.filter(|port| *port != DEFAULT_PORT),
        ttl: daemon.ttl.filter(|ttl| *ttl != DEFAULT_TTL),
        ..daemon
    }
}
