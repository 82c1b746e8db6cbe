//! The line of a real server.

use std::io::{self, Write};

use crate::ipvsadm::names::Names;
use crate::ipvsadm::style::{Columns, Style};
use crate::tunnel::RawTunnel;
use crate::{Forwarding, Protocol, RealServer, RealServerEntry};

use super::cell::{counter, cut, padded};
use super::service::counters;

/// The name of a real server is padded to so many bytes, and an IPv4 one is cut to them.
const NAME: usize = 28;

/// Appends the line of a real server; it has its service's protocol, which names its port.
pub(super) fn write_server(
    text: &mut Vec<u8>,
    entry: &RealServerEntry,
    protocol: Protocol,
    style: Style,
    names: &mut Names,
) -> io::Result<()> {
    let address = entry.server.address;
    let longest = if address.is_ipv6() { usize::MAX } else { NAME };
    write!(text, "  -> ")?;
    padded(text, NAME, |text| {
        cut(text, longest, |text| {
            names.write_endpoint(text, address, protocol, style.numeric)
        })
    })?;
    write_columns(text, entry, style)?;
    text.push(b'\n');
    Ok(())
}

fn write_columns(text: &mut Vec<u8>, entry: &RealServerEntry, style: Style) -> io::Result<()> {
    let RealServerEntry {
        server,
        connections: open,
        ..
    } = entry;
    let thresholds = server.thresholds;
    match style.columns {
        Columns::Statistics => {
            for count in counters(&entry.statistics, style.columns) {
                counter(text, count, style.exact)?;
            }
            Ok(())
        }
        Columns::Rates => {
            // Only bytes are ever shortened here, though a service's packets are, too.
            let [connections, packets_in, packets_out, bytes_in, bytes_out] =
                counters(&entry.statistics, style.columns);
            write!(text, " {connections:>8} {packets_in:>8} {packets_out:>8}")?;
            counter(text, bytes_in, style.exact)?;
            counter(text, bytes_out, style.exact)
        }
        Columns::Thresholds => write!(
            text,
            " {:<10} {:<10} {:<10} {:<10}",
            thresholds.upper, thresholds.lower, open.active, open.inactive
        ),
        Columns::PersistentConnections => write!(
            text,
            " {:<9} {:<11} {:<10} {:<10}",
            server.weight, open.persistent, open.active, open.inactive
        ),
        Columns::TunnelInfo => {
            write!(text, " {:<7} ", method_name(server.forwarding))?;
            padded(text, 13, |text| write_tunnel(text, server))?;
            write!(
                text,
                " {:<6} {:<10} {:<10}",
                server.weight, open.active, open.inactive
            )
        }
        Columns::Default => write!(
            text,
            " {:<7} {:<6} {:<10} {:<10}",
            method_name(server.forwarding),
            server.weight,
            open.active,
            open.inactive
        ),
    }
}

const fn method_name(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "Masq",
        Forwarding::Local => "Local",
        Forwarding::Tun => "Tunnel",
        Forwarding::Dr => "Route",
        // What the original's `printf` makes of a name that is missing.
        Forwarding::Bypass | Forwarding::Other(_) => "(null)",
    }
}

/// `ipip`, `gue:6080:-c`, `gre:r+c`, or `n/a` without a tunnel.
fn write_tunnel(text: &mut Vec<u8>, server: &RealServer) -> io::Result<()> {
    let RawTunnel { kind, port, flags } = RawTunnel::from(server.tunnel);
    match (server.forwarding, kind) {
        (Forwarding::Tun, 0) => write!(text, "ipip"),
        (Forwarding::Tun, 1) => {
            write!(text, "gue:{port}:")?;
            write_checksum(text, flags)
        }
        (Forwarding::Tun, 2) => {
            write!(text, "gre:")?;
            write_checksum(text, flags)
        }
        _ => write!(text, "n/a"),
    }
}

/// Of flags without a name the original prints whatever lies behind its table of names; here it is
/// their number.
fn write_checksum(text: &mut Vec<u8>, flags: u16) -> io::Result<()> {
    match flags {
        0 => write!(text, "-c"),
        1 => write!(text, "+c"),
        2 => write!(text, "r+c"),
        _ => write!(text, "{flags}"),
    }
}
