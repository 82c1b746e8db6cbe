//! Services and real servers as the options that would add them, which is what `-S` writes.
//!
//! The text is ipvsadm 1.31's to the byte, even where it cannot be restored: thresholds are left
//! out, a firewall mark from 2^31 on comes out negative, and so on. The one exception are tunnel
//! flags without an option: the original reads behind the end of its table, here there is none.

use std::io::{self, Write};

use crate::tunnel::RawTunnel;
use crate::{AddressFamily, Client, Forwarding, Protocol, RealServer, RealServerEntry, Service};
use crate::{ServiceFlags, ServiceKey};

use super::listing::{ListingError, port_protocol, write_flags, write_persistence};
use super::names::Names;
use super::order;
use super::style::Style;

/// Writes all services; of the style only `numeric` and `order` count.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "who calls it has it by reference"
)]
pub(super) fn save(
    client: &mut Client,
    style: &Style,
    names: &mut Names,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let style = *style;
    let services = client.services()?;
    let mut text = Vec::new();
    for entry in order::services(&services, style.order) {
        let servers = client.servers(&entry.service.key)?;
        text.clear();
        write_rules(&mut text, &entry.service, &servers, style, names)?;
        out.write_all(&text)?;
    }
    Ok(())
}

/// Appends the rule of a service and those of its real servers.
pub(super) fn write_rules(
    text: &mut Vec<u8>,
    service: &Service,
    servers: &[RealServerEntry],
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    let mut key = Vec::new();
    write_key(&mut key, &service.key, style, names)?;
    write_service(text, &key, service)?;
    let protocol = port_protocol(&service.key);
    for RealServerEntry { server, .. } in order::servers(servers, style.order) {
        text.extend(b"-a ");
        text.extend(&key);
        text.extend(b" -r ");
        names.write_endpoint(text, server.address, protocol, style.numeric)?;
        write!(
            text,
            " {} -w {}",
            method_option(server.forwarding),
            server.weight
        )?;
        write_tunnel(text, server)?;
        text.push(b'\n');
    }
    Ok(())
}

fn write_key(
    text: &mut Vec<u8>,
    key: &ServiceKey,
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    match *key {
        ServiceKey::FirewallMark { mark, family } => {
            let mark = mark.get().cast_signed();
            match family {
                AddressFamily::Ipv4 => write!(text, "-f {mark}"),
                AddressFamily::Ipv6 => write!(text, "-f {mark} -6"),
            }
        }
        ServiceKey::Address { protocol, address } => {
            write!(text, "{} ", protocol_option(protocol))?;
            names.write_endpoint(text, address, protocol, style.numeric)
        }
    }
}

/// `-A -t 192.168.0.1:80 -s wlc -p 300 -M 255.255.255.0 --pe sip -o -b flag-1`
fn write_service(text: &mut Vec<u8>, key: &[u8], service: &Service) -> io::Result<()> {
    text.extend(b"-A ");
    text.extend(key);
    write!(text, " -s {}", service.scheduler.name())?;
    if let Some(persistence) = &service.persistence {
        write_persistence(text, persistence, [" -p ", " -M "])?;
    }
    if let Some(engine) = &service.engine {
        write!(text, " --pe {engine}")?;
    }
    if service.flags.contains(ServiceFlags::ONE_PACKET) {
        text.extend(b" -o");
    }
    write_flags(text, service, " -b ", "");
    text.push(b'\n');
    Ok(())
}

/// ` --tun-type gue --tun-port 6080 --tun-nocsum`; nothing for other methods.
fn write_tunnel(text: &mut Vec<u8>, server: &RealServer) -> io::Result<()> {
    if server.forwarding != Forwarding::Tun {
        return Ok(());
    }
    let RawTunnel { kind, port, flags } = RawTunnel::from(server.tunnel);
    match kind {
        0 => write!(text, " --tun-type ipip"),
        1 => write!(
            text,
            " --tun-type gue --tun-port {port}{}",
            checksum_option(flags)
        ),
        2 => write!(text, " --tun-type gre{}", checksum_option(flags)),
        _ => Ok(()),
    }
}

/// A local real server is one that was added with some other method and turned out to be local.
const fn method_option(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "-m",
        Forwarding::Local | Forwarding::Dr => "-g",
        Forwarding::Tun => "-i",
        // What the original's `printf` makes of an option that is missing.
        Forwarding::Bypass | Forwarding::Other(_) => "(null)",
    }
}

const fn protocol_option(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "-t",
        Protocol::Udp => "-u",
        Protocol::Sctp => "--sctp-service",
        Protocol::Other(_) => "--xxx-service",
    }
}

const fn checksum_option(flags: u16) -> &'static str {
    match flags {
        0 => " --tun-nocsum",
        1 => " --tun-csum",
        2 => " --tun-remcsum",
        _ => "",
    }
}
