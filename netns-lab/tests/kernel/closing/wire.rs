//! Client, real servers and kernel count the same connections, however they are used and closed,
//! and the one closes first who is said to.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use analysis::observation::{SegmentKind, Sender, TracedSegment};
use backend::{RealServer, SERVER_HEADER};
use director_setup::{Client, Scheduler, Service, ServiceKey};
use hyper::header::HeaderName;
use loadgen::{Close, ConnectionMode, Path, Plan, Report, SourcePool};
use netns_lab::experiment::{Experiment, ExperimentFlags, source};
use netns_lab::lab::Tap;
use netns_lab::namespace::{HostNetwork, Lab};
use netns_lab::topology;

use super::{Case, named_cases, place};
use crate::conformance::scheduled;

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["closing": all_witnesses_agree_however_connections_are_used_and_closed]
}

const REQUESTS: u64 = 60;
const CONCURRENCY: u32 = 3;
/// Requests of a connection that is used for a limited number of them.
const LIMIT: u64 = 4;
/// The kernel's counters for each real server are two seconds behind, and a FIN is soon there.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// A director with two real servers, by NAT: every segment of both sides passes it.
struct Director {
    host: HostNetwork,
    experiment: Experiment,
    lab: Lab,
    ipvs: Client,
    key: ServiceKey,
    servers: Vec<Arc<RealServer>>,
}

impl Director {
    fn new(host: HostNetwork) -> Self {
        let words = ["nat-wrr".to_owned()];
        let experiment = source::experiments(&words, &ExperimentFlags::default());
        let experiment = experiment.expect("the built-in is valid").remove(0);
        let lab = Lab::build(host, &topology::plan(&experiment));
        let lab = lab.expect("the guest makes namespaces");
        let serve = |(place, server): (_, &netns_lab::experiment::Server)| {
            place::serve(host, place, &server.name, server.address)
        };
        let servers = lab.real_servers.iter().zip(&experiment.servers);
        let servers = servers.map(serve).collect();
        let mut ipvs = place::within(host, &lab.director, |inside| {
            inside.ipvs().expect("the guest has IPVS")
        });
        let key = ServiceKey::tcp(SocketAddr::V4(experiment.service.vip));
        let service = Service::new(key, Scheduler::RoundRobin);
        ipvs.add_service(&service).expect("it is valid");
        for server in &experiment.servers {
            let forwarding = experiment.service.forwarding;
            let server =
                director_setup::RealServer::new(SocketAddr::V4(server.address), forwarding);
            ipvs.add_server(&key, &server).expect("it is valid");
        }
        Self {
            host,
            experiment,
            lab,
            ipvs,
            key,
            servers,
        }
    }

    /// Connections that the kernel has scheduled so far.
    fn scheduled(&self) -> u64 {
        place::within(self.host, &self.lab.director, |_| scheduled())
    }

    /// Connections that the real servers have accepted so far, and requests that they answered.
    fn served(&self) -> (u64, u64) {
        let counted = self.servers.iter().map(|server| server.counters());
        counted.fold((0, 0), |(connections, requests), counted| {
            (
                connections + counted.connections,
                requests + counted.requests,
            )
        })
    }

    /// Runs a load and returns what the director received of it besides.
    fn observe(&self, plan: &Plan) -> (Report, Vec<TracedSegment>) {
        let vip = self.experiment.service.vip;
        let mut tap = place::within(self.host, &self.lab.director, |inside| {
            Tap::open(inside, vip).expect("the guest has packet sockets")
        });
        let report = place::load(self.host, &self.lab.client, plan);
        let deadline = Instant::now() + PATIENCE;
        // The last connections end when their sockets do: wait for the servers to see it.
        while self.servers.iter().any(|it| it.counters().open > 0) {
            assert!(Instant::now() < deadline, "connections stay open");
            thread::sleep(LOOK);
        }
        tap.drain().expect("it can be read");
        assert_eq!(tap.lost(), 0);
        (report, tap.into_segments())
    }

    /// The kernel's counts for each real server, once they are this many.
    fn by_server(&mut self, connections: u64) -> Vec<u64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let entries = self.ipvs.servers(&self.key).expect("they can be listed");
            let counts: BTreeMap<_, _> = entries
                .into_iter()
                .map(|it| (it.server.address, it.statistics.totals.connections))
                .collect();
            if counts.values().sum::<u64>() >= connections || Instant::now() > deadline {
                let servers = self.experiment.servers.iter();
                return servers
                    .map(|it| counts[&SocketAddr::V4(it.address)])
                    .collect();
            }
            thread::sleep(LOOK);
        }
    }
}

/// How many connections it takes.
fn connections(mode: ConnectionMode) -> u64 {
    match mode {
        ConnectionMode::PerRequest => REQUESTS,
        ConnectionMode::KeepAlive => CONCURRENCY.into(),
        // Each worker has a share of the requests that it takes when it can: its last connection
        // may be used less often.
        ConnectionMode::Limited(limit) => REQUESTS / limit,
    }
}

fn all_witnesses_agree_however_connections_are_used_and_closed(host: HostNetwork) {
    let mut director = Director::new(host);
    let mut by_client = BTreeMap::<String, u64>::new();
    let limited = ConnectionMode::Limited(NonZeroU64::new(LIMIT).expect("it is not 0"));
    let modes = [
        ConnectionMode::PerRequest,
        limited,
        ConnectionMode::KeepAlive,
    ];
    // A source that IPVS remembers would be taken for an old connection: none is used twice.
    let mut first_port = 10_000;
    for path in [Path::Automatic, Path::General] {
        for close in [Close::Server, Close::Fin, Close::Rst] {
            for mode in modes {
                let name = format!("{path:?}, {close:?}, {mode:?}");
                let plan = Plan {
                    requests: REQUESTS,
                    concurrency: CONCURRENCY,
                    connections: mode,
                    close,
                    path,
                    by_header: Some(HeaderName::from_static(SERVER_HEADER)),
                    source: Some(SourcePool {
                        addresses: vec![IpAddr::V4(director.experiment.network.client)],
                        ports: Some(first_port..=first_port + 999),
                    }),
                    ..place::plan(director.experiment.service.vip)
                };
                first_port += 1000;
                assert_agreed(&director, &plan, &name, &mut by_client);
            }
        }
    }
    let names = director.experiment.servers.iter().map(|it| it.name.clone());
    let by_client: Vec<_> = names.map(|name| by_client[&name]).collect();
    let by_kernel = director.by_server(by_client.iter().sum());
    let by_server = director.servers.iter().map(|it| it.counters().connections);
    assert_eq!(by_kernel, by_client);
    assert_eq!(by_server.collect::<Vec<_>>(), by_client);
}

/// Runs a load and compares what client, real servers and kernel counted of it.
fn assert_agreed(
    director: &Director,
    plan: &Plan,
    name: &str,
    by_client: &mut BTreeMap<String, u64>,
) {
    let (scheduled, served) = (director.scheduled(), director.served());
    let (report, segments) = director.observe(plan);
    assert_eq!((report.completed, report.failed), (REQUESTS, 0), "{name}");
    let opened = report.connections_opened;
    let expected = connections(plan.connections);
    let spare = match plan.connections {
        ConnectionMode::Limited(_) => u64::from(CONCURRENCY) - 1,
        ConnectionMode::PerRequest | ConnectionMode::KeepAlive => 0,
    };
    assert!(
        (expected..=expected + spare).contains(&opened),
        "{name}: {opened}"
    );
    assert_eq!(director.scheduled() - scheduled, opened, "{name}");
    let (connections, requests) = director.served();
    assert_eq!(connections - served.0, opened, "{name}");
    assert_eq!(requests - served.1, REQUESTS, "{name}");
    let tallied: u64 = report.by_header.values().map(|it| it.connections).sum();
    assert_eq!(tallied, opened, "{name}");
    for (server, tally) in &report.by_header {
        *by_client.entry(server.clone()).or_default() += tally.connections;
    }
    assert_closed_by(plan, name, opened, &segments);
}

/// Every connection was closed in the way that was asked for, by the director's tap.
fn assert_closed_by(plan: &Plan, name: &str, opened: u64, segments: &[TracedSegment]) {
    let mut ends = BTreeMap::<SocketAddrV4, Vec<(bool, SegmentKind)>>::new();
    for segment in segments {
        let end = ends.entry(segment.client).or_default();
        if segment.kind != SegmentKind::Syn {
            end.push((segment.from == Sender::Client, segment.kind));
        }
    }
    assert_eq!(ends.len() as u64, opened, "{name}");
    // A server is not asked to close connections that are kept to the end of the load.
    let last_of_kept = |end: &[_]| match plan.connections {
        ConnectionMode::PerRequest => false,
        ConnectionMode::KeepAlive => true,
        ConnectionMode::Limited(_) => end.first() == Some(&(true, SegmentKind::Fin)),
    };
    let mut kept = 0;
    for (client, end) in &ends {
        let is_reset = end.iter().any(|(_, kind)| *kind == SegmentKind::Rst);
        let first = end.first().copied();
        let as_asked = match plan.close {
            Close::Server if last_of_kept(end) => {
                kept += 1;
                first == Some((true, SegmentKind::Fin)) && !is_reset
            }
            Close::Server => first == Some((false, SegmentKind::Fin)) && !is_reset,
            Close::Fin => first == Some((true, SegmentKind::Fin)) && !is_reset,
            // Nothing but that: no FIN before it.
            Close::Rst => *end == [(true, SegmentKind::Rst)],
        };
        assert!(as_asked, "{name}, {client}: {end:?}");
    }
    assert!(kept <= CONCURRENCY, "{name}: {kept}");
}
