//! Lists are compared with the real program's: those in `tests/golden/text/` are what it printed,
//! those here what its functions print of entries that are hard to come by with a kernel.

mod golden;
mod table;

use std::num::NonZeroU32;

use crate::ipvsadm::style::{Columns, Style};
use crate::{
    AddressFamily, Change, Forwarding, Protocol, Rates, RealServer, Scheduler, Service,
    ServiceFlags, ServiceKey, Statistics, Totals, Tunnel, Weight,
};
use table::Table;

fn strange() -> Table {
    let mut table = Table::default();
    let web = ServiceKey::tcp(([192, 0, 2, 1], 80).into());
    let mark = NonZeroU32::MAX;
    let marked = ServiceKey::firewall_mark(mark, AddressFamily::Ipv6);
    let dccp = ServiceKey::Address {
        protocol: Protocol::Other(33),
        address: ([192, 0, 2, 1], 80).into(),
    };
    let mut hashed = Service::new(dccp, Scheduler::SourceHashing)
        .with_flags(ServiceFlags::ONE_PACKET | ServiceFlags::SCHEDULER_3);
    hashed.engine = Some("sip".to_owned());
    for service in [
        Service::new(web, Scheduler::WeightedLeastConnection),
        Service::new(marked, Scheduler::RoundRobin),
        hashed,
    ] {
        table.take(Change::AddService { service });
    }
    for (key, address, forwarding) in [
        (web, "198.51.100.1:80", Forwarding::Nat),
        (marked, "[::1.2.3.4]:0", Forwarding::Bypass),
        (dccp, "198.51.100.2:80", Forwarding::Tun),
    ] {
        let address = address.parse().expect("an address with a port");
        let (kind, port, flags) = (3, 7, 1);
        let server = RealServer::new(address, forwarding)
            .with_weight(Weight::from(3))
            .with_tunnel(Tunnel::Other { kind, port, flags });
        table.take(Change::AddServer { key, server });
    }
    table.services[0].statistics = Statistics {
        totals: totals([
            123_456_789,
            1_234_567_890,
            99_999_999,
            123_456_789_012_345,
            5,
        ]),
        rates: rates([150_000_000, 7, 8, 123_456_789, 99]),
    };
    table.servers[0].1[0].statistics = Statistics {
        totals: totals([123_456_789, u64::MAX, 1, 100_000_000_000, 0]),
        rates: rates([150_000_000, 123_456_789_012, 3, 123_456_789, 99]),
    };
    table
}

fn totals([connections, packets_in, packets_out, bytes_in, bytes_out]: [u64; 5]) -> Totals {
    Totals {
        connections,
        packets_in,
        packets_out,
        bytes_in,
        bytes_out,
    }
}

fn rates([connections, packets_in, packets_out, bytes_in, bytes_out]: [u64; 5]) -> Rates {
    Rates {
        connections,
        packets_in,
        packets_out,
        bytes_in,
        bytes_out,
    }
}

fn numeric(columns: Columns) -> Style {
    Style {
        columns,
        numeric: true,
        ..Style::default()
    }
}

fn strange_lines(style: Style) -> String {
    let text = strange().listed(style);
    text.lines()
        .skip(3)
        .fold(String::new(), |lines, line| lines + line + "\n")
}

#[test]
fn methods_protocols_and_tunnels_without_a_name_are_listed() {
    assert_eq!(
        strange_lines(numeric(Columns::TunnelInfo)),
        "FWM  -1 IPv6 rr
  -> [::1.2.3.4]:0                (null)  n/a           3      0          0         \n\
TCP  192.0.2.1:80 wlc
  -> 198.51.100.1:80              Masq    n/a           3      0          0         \n\
?    192.0.2.1:80 sh () ops
  -> 198.51.100.2:80              Tunnel  n/a           3      0          0         \n"
    );
}

#[test]
fn large_counters_are_shortened() {
    let lines = strange_lines(numeric(Columns::Statistics));
    let web: Vec<_> = lines.lines().skip(2).take(2).collect();
    assert_eq!(
        web,
        [
            "TCP  192.0.2.1:80                  123456K    1234M 99999999     123T        5",
            "  -> 198.51.100.1:80               123456K18446744T        1     100G        0",
        ]
    );
}

#[test]
fn of_a_real_servers_rates_only_bytes_are_shortened() {
    let lines = strange_lines(numeric(Columns::Rates));
    let web: Vec<_> = lines.lines().skip(2).take(2).collect();
    assert_eq!(
        web,
        [
            "TCP  192.0.2.1:80                  150000K        7        8  123456K       99",
            "  -> 198.51.100.1:80              150000000 123456789012        3  123456K       99",
        ]
    );
}

#[test]
fn exact_counters_push_the_columns_aside() {
    let exact = Style {
        exact: true,
        ..numeric(Columns::Statistics)
    };
    let lines = strange_lines(exact);
    let web: Vec<_> = lines.lines().skip(2).take(2).collect();
    assert_eq!(
        web,
        [
            "TCP  192.0.2.1:80                 123456789 1234567890 99999999 123456789012345        \
             5",
            "  -> 198.51.100.1:80              123456789 18446744073709551615        1 \
             100000000000        0",
        ]
    );
}

#[test]
fn what_has_no_option_is_saved_as_the_original_does() {
    assert_eq!(
        strange().saved(numeric(Columns::Default)),
        "-A -f -1 -6 -s rr
-a -f -1 -6 -r [::1.2.3.4]:0 (null) -w 3
-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 198.51.100.1:80 -m -w 3
-A --xxx-service 192.0.2.1:80 -s sh --pe sip -o -b \n\
-a --xxx-service 192.0.2.1:80 -r 198.51.100.2:80 -i -w 3
"
    );
}
