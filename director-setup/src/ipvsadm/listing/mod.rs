//! Services with their real servers, as `-L` lists them.
//!
//! The text is ipvsadm 1.31's to the byte, with two exceptions. Per real server it reads the 64-bit
//! counters as 32-bit ones, so that they start again at 2^32; here they are right. And where it
//! reads behind the end of a table of names, for tunnel flags that have none, a number is written.

mod cell;
mod flags;
mod server;
mod service;
mod title;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::{Client, Info, Protocol, RealServerEntry, ServiceEntry, ServiceKey};

use super::names::Names;
use super::order;
use super::style::Style;

pub(super) use cell::padded;
pub(super) use flags::write_flags;
pub(super) use service::write_persistence;

/// A listing that broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListingError {
    /// The kernel did not say what there is.
    #[error(transparent)]
    Kernel(#[from] crate::Error),
    /// The text could not be written.
    #[error("cannot write the listing: {0}")]
    Output(#[from] io::Error),
}

/// Lists all services, below a banner that tells of the kernel's `info`. What was written before an
/// error is part of the output: of the original it is seen, too.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "who calls it has it by reference"
)]
pub(super) fn list_all(
    client: &mut Client,
    info: &Info,
    style: &Style,
    names: &mut Names,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let style = *style;
    out.write_all(title::banner(*info).as_bytes())?;
    let services = client.services()?;
    out.write_all(title::title(style.columns).as_bytes())?;
    let mut text = Vec::new();
    for entry in order::services(&services, style.order) {
        let servers = client.servers(&entry.service.key)?;
        text.clear();
        write_entry(&mut text, entry, &servers, style, names)?;
        out.write_all(&text)?;
    }
    Ok(())
}

/// Lists one service; there is no banner then.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "who calls it has it by reference"
)]
pub(super) fn list_service(
    client: &mut Client,
    key: &ServiceKey,
    style: &Style,
    names: &mut Names,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let style = *style;
    let entry = client.service(key)?;
    out.write_all(title::title(style.columns).as_bytes())?;
    let servers = client.servers(key)?;
    let mut text = Vec::new();
    write_entry(&mut text, &entry, &servers, style, names)?;
    out.write_all(&text)?;
    Ok(())
}

/// Appends a service and its real servers.
pub(super) fn write_entry(
    text: &mut Vec<u8>,
    entry: &ServiceEntry,
    servers: &[RealServerEntry],
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    service::write_service(text, entry, style, names)?;
    let protocol = port_protocol(&entry.service.key);
    order::servers(servers, style.order)
        .into_iter()
        .try_for_each(|server| server::write_server(text, server, protocol, style, names))
}

/// The protocol by which the ports of a service's real servers are named. A firewall mark has none,
/// so they are never named there.
pub(super) const fn port_protocol(key: &ServiceKey) -> Protocol {
    match key {
        ServiceKey::Address { protocol, .. } => *protocol,
        ServiceKey::FirewallMark { .. } => Protocol::Other(0),
    }
}
