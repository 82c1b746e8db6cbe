//! A client with 512 ports, and what each way of closing makes of them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::sync::Arc;

use backend::RealServer;
use ipnet::Ipv4Net;
use loadgen::{Close, ErrorClass, Path, Plan, Report, SourcePool};
use netns_lab::lab::Tap;
use netns_lab::namespace::{HostNetwork, Lab};
use netns_lab::topology::{Interface, Node, Switch, Sysctl, Topology};

use super::{Case, named_cases, place};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["closing":
        a_client_that_closes_with_fin_has_a_connection_for_each_port_and_says_what_is_missing,
        a_client_that_closes_with_rst_never_runs_out_of_ports,
        a_client_that_lets_the_server_close_never_runs_out_of_ports,
        four_source_addresses_have_four_times_the_ports,
        source_ports_are_taken_from_their_range_in_turn,
    ]
}

const PORTS: usize = 512;
const REQUESTS: usize = 2000;
const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 1), 80);
const PATHS: [Path; 2] = [Path::Automatic, Path::General];

/// A client and a server on one link.
struct Pair {
    host: HostNetwork,
    lab: Lab,
    server: Arc<RealServer>,
}

impl Pair {
    fn new(host: HostNetwork) -> Self {
        let lab = Lab::build(host, &topology()).expect("the guest makes namespaces");
        let server = place::serve(host, &lab.director, "rs1", SERVER);
        Self { host, lab, server }
    }

    fn load(&self, plan: Plan) -> Report {
        let requests = REQUESTS as u64;
        let plan = Plan {
            requests,
            concurrency: 8,
            ..plan
        };
        let report = place::load(self.host, &self.lab.client, &plan);
        assert_eq!(report.completed + report.failed, requests);
        report
    }

    /// Sockets in `TIME_WAIT` at the client and at the server.
    fn time_wait(&self) -> (usize, usize) {
        let of = |place| place::time_wait(self.host, place);
        (of(&self.lab.client), of(&self.lab.director))
    }
}

fn topology() -> Topology {
    let node = |name: &str, last, addresses: &[u8], sysctls| Node {
        name: name.to_owned(),
        sysctls,
        interfaces: vec![Interface {
            name: "eth0",
            mac: [2, 0, 0, 0, 0, last],
            switch: 0,
            addresses: addresses
                .iter()
                .map(|last| Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, *last), 24))
                .collect(),
        }],
        loopback: vec![],
        routes: vec![],
    };
    let few_ports = [
        ("net/ipv4/ip_local_port_range", "30000 30511"),
        ("net/ipv4/tcp_tw_reuse", "0"),
    ];
    let few_ports = few_ports.map(|(path, value)| Sysctl { path, value });
    Topology {
        client: node("client", 2, &[11, 12, 13, 14], few_ports.to_vec()),
        director: node("server", 1, &[1], vec![]),
        real_servers: vec![],
        switches: vec![Switch { name: "switch" }],
    }
}

fn sources(number: u8, ports: Option<RangeInclusive<u16>>) -> SourcePool {
    let address = |last| IpAddr::V4(Ipv4Addr::new(192, 168, 0, 10 + last));
    SourcePool {
        addresses: (1..=number).map(address).collect(),
        ports,
    }
}

fn closing(close: Close, path: Path) -> Plan {
    Plan {
        close,
        path,
        ..place::plan(SERVER)
    }
}

/// Everything was answered, over as many connections as the server saw.
fn assert_all(pair: &Pair, report: &Report) {
    assert_eq!(report.failed, 0, "{:?}", report.errors);
    let requests = REQUESTS as u64;
    assert_eq!(
        (report.completed, report.connections_opened),
        (requests, requests)
    );
    let counted = pair.server.counters();
    assert_eq!(
        (counted.connections, counted.requests),
        (requests, requests)
    );
}

fn a_client_that_closes_with_fin_has_a_connection_for_each_port_and_says_what_is_missing(
    host: HostNetwork,
) {
    for path in PATHS {
        let pair = Pair::new(host);
        let report = pair.load(closing(Close::Fin, path));
        let missing = ErrorClass::AddressNotAvailable;
        let errors: Vec<_> = report
            .errors
            .iter()
            .map(|(class, n)| (*class, *n))
            .collect();
        assert_eq!(errors, [(missing, (REQUESTS - PORTS) as u64)], "{path:?}");
        assert_eq!(report.completed, PORTS as u64, "{path:?}");
        assert_eq!(pair.server.counters().connections, PORTS as u64);
        assert_eq!(pair.time_wait(), (PORTS, 0), "{path:?}");
        let advice = missing.advice().expect("there is a remedy");
        assert!(advice.contains("source addresses"), "{advice}");
    }
}

fn a_client_that_closes_with_rst_never_runs_out_of_ports(host: HostNetwork) {
    for path in PATHS {
        let pair = Pair::new(host);
        assert_all(&pair, &pair.load(closing(Close::Rst, path)));
        assert_eq!(pair.time_wait(), (0, 0), "{path:?}");
    }
}

fn a_client_that_lets_the_server_close_never_runs_out_of_ports(host: HostNetwork) {
    for path in PATHS {
        let pair = Pair::new(host);
        assert_all(&pair, &pair.load(closing(Close::Server, path)));
        let (client, server) = pair.time_wait();
        assert_eq!(client, 0, "{path:?}");
        assert!(server > 0 && server <= PORTS, "{path:?}: {server}");
    }
}

fn four_source_addresses_have_four_times_the_ports(host: HostNetwork) {
    let pair = Pair::new(host);
    let plan = Plan {
        source: Some(sources(4, None)),
        ..closing(Close::Fin, Path::Automatic)
    };
    assert_all(&pair, &pair.load(plan));
    assert_eq!(pair.time_wait(), (REQUESTS, 0));
}

fn source_ports_are_taken_from_their_range_in_turn(host: HostNetwork) {
    let pair = Pair::new(host);
    let range = 40_000..=40_099;
    let mut tap = place::within(host, &pair.lab.director, |inside| {
        Tap::open(inside, SERVER).expect("the guest has packet sockets")
    });
    let plan = Plan {
        source: Some(sources(2, Some(range.clone()))),
        ..closing(Close::Rst, Path::Automatic)
    };
    assert_all(&pair, &pair.load(plan));
    tap.drain().expect("it can be read");
    assert_eq!(tap.lost(), 0);
    let seen: BTreeSet<_> = tap.into_segments().iter().map(|it| it.client).collect();
    assert_eq!(seen.len(), 2 * range.len(), "every port of both addresses");
    assert!(seen.iter().all(|client| range.contains(&client.port())));
}
