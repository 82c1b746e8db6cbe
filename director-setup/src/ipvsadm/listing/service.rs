//! The line of a service.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use crate::ipvsadm::names::Names;
use crate::ipvsadm::style::{Columns, Style};
use crate::{AddressFamily, Netmask, Persistence, Protocol, Service, ServiceEntry, ServiceFlags};
use crate::{ServiceKey, Statistics};

use super::cell::{counter, cut, padded};
use super::flags::write_flags;

/// The name of an IPv4 service is cut to so many bytes and padded to them before counters; that of
/// an IPv6 service is only padded.
const NAME: usize = 33;

/// Appends the line of a service.
pub(super) fn write_service(
    text: &mut Vec<u8>,
    entry: &ServiceEntry,
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    let key = &entry.service.key;
    match style.columns {
        Columns::Statistics | Columns::Rates => {
            padded(text, NAME, |text| write_name(text, key, style, names))?;
            for count in counters(&entry.statistics, style.columns) {
                counter(text, count, style.exact)?;
            }
        }
        Columns::Default
        | Columns::Thresholds
        | Columns::PersistentConnections
        | Columns::TunnelInfo => {
            write_name(text, key, style, names)?;
            write_settings(text, &entry.service)?;
        }
    }
    text.push(b'\n');
    Ok(())
}

/// Totals or rates in the order of their columns.
pub(super) fn counters(statistics: &Statistics, columns: Columns) -> [u64; 5] {
    let (totals, rates) = (&statistics.totals, &statistics.rates);
    if columns == Columns::Rates {
        [
            rates.connections,
            rates.packets_in,
            rates.packets_out,
            rates.bytes_in,
            rates.bytes_out,
        ]
    } else {
        [
            totals.connections,
            totals.packets_in,
            totals.packets_out,
            totals.bytes_in,
            totals.bytes_out,
        ]
    }
}

/// `TCP  192.168.0.1:80` or `FWM  5 IPv6`.
fn write_name(
    text: &mut Vec<u8>,
    key: &ServiceKey,
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    match *key {
        ServiceKey::FirewallMark { mark, family } => {
            // A mark from 2^31 on comes out negative, as in the original.
            let mark = mark.get().cast_signed();
            match family {
                AddressFamily::Ipv4 => write!(text, "FWM  {mark}"),
                AddressFamily::Ipv6 => write!(text, "FWM  {mark} IPv6"),
            }
        }
        ServiceKey::Address { protocol, address } => {
            let longest = if address.is_ipv6() { usize::MAX } else { NAME };
            cut(text, longest, |text| {
                write!(text, "{:<4} ", protocol_name(protocol))?;
                names.write_endpoint(text, address, protocol, style.numeric)
            })
        }
    }
}

/// ` wlc (flag-1) persistent 300 mask 255.255.255.0 pe sip ops`
fn write_settings(text: &mut Vec<u8>, service: &Service) -> io::Result<()> {
    write!(text, " {}", service.scheduler.name())?;
    write_flags(text, service, " (", ")");
    if let Some(persistence) = &service.persistence {
        write_persistence(text, persistence, [" persistent ", " mask "])?;
        if let Some(engine) = &service.engine {
            write!(text, " pe {engine}")?;
        }
    }
    if service.flags.contains(ServiceFlags::ONE_PACKET) {
        write!(text, " ops")?;
    }
    Ok(())
}

/// Appends the timeout after the first word, and if not every client is one of its own the netmask
/// after the second.
pub(in crate::ipvsadm) fn write_persistence(
    text: &mut Vec<u8>,
    persistence: &Persistence,
    [timeout, mask]: [&str; 2],
) -> io::Result<()> {
    write!(text, "{timeout}{}", persistence.timeout_seconds)?;
    match persistence.netmask {
        Netmask::Ipv4(Ipv4Addr::BROADCAST) | Netmask::Ipv6(128) => Ok(()),
        Netmask::Ipv4(netmask) => write!(text, "{mask}{netmask}"),
        Netmask::Ipv6(prefix) => write!(text, "{mask}{prefix}"),
    }
}

const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
        Protocol::Other(_) => "?",
    }
}
