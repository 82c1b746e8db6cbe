//! The kernel's table of connections, which only `/proc` shows.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use analysis::observation::RememberedConnection;

use crate::namespace::Inside;

/// Reads the table of the calling thread's namespace.
///
/// The kernel walks its table from the start for every page that is read (`ip_vs_conn_array` in
/// `ip_vs_conn.c`, Linux 6.1), so the time grows with the square of the number of connections.
pub fn read(_inside: &Inside, vip: SocketAddrV4) -> io::Result<Vec<RememberedConnection>> {
    let table = fs::read_to_string("/proc/thread-self/net/ip_vs_conn")?;
    Ok(table.lines().filter_map(|line| parse(line, vip)).collect())
}

/// `TCP C0A800FE 0400 C0A80001 0050 C0A80102 0050 FIN_WAIT 119`: protocol, client, virtual service
/// and real server, all numbers hexadecimal in host order.
fn parse(line: &str, vip: SocketAddrV4) -> Option<RememberedConnection> {
    let mut words = line.split_whitespace();
    if words.next()? != "TCP" {
        return None;
    }
    let mut endpoint = || {
        let address = u32::from_str_radix(words.next()?, 16).ok()?;
        let port = u16::from_str_radix(words.next()?, 16).ok()?;
        Some(SocketAddrV4::new(Ipv4Addr::from(address), port))
    };
    let (client, service, server) = (endpoint()?, endpoint()?, endpoint()?);
    (service == vip).then_some(RememberedConnection {
        client,
        server: *server.ip(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 1), 80);

    #[test]
    fn an_entry_names_client_and_real_server() {
        // cat /proc/net/ip_vs_conn, Linux 6.1.176
        let line = "TCP C0A800FE 0400 C0A80001 0050 C0A80102 0050 FIN_WAIT        119";
        let connection = parse(line, VIP).unwrap();
        assert_eq!(connection.client.to_string(), "192.168.0.254:1024");
        assert_eq!(connection.server, Ipv4Addr::new(192, 168, 1, 2));
    }

    #[test]
    fn titles_other_services_and_other_protocols_are_passed_over() {
        for line in [
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData",
            "TCP C0A800FE 0400 C0A80002 0050 C0A80102 0050 FIN_WAIT        119",
            "UDP C0A800FE 0400 C0A80001 0050 C0A80102 0050 UDP             119",
            "TCP C0A800FE",
            "",
        ] {
            assert_eq!(parse(line, VIP), None, "{line}");
        }
    }
}
