//! Observations of labs that never ran: for calibration and for tests.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use director_setup::{Forwarding, Scheduler, ServiceFlags, Thresholds, Weight};

use crate::observation::{
    CounterState, LatencySummary, LoadObservation, Observation, SegmentKind, Sender,
    ServerObservation, Stage, TracedSegment, VirtualService,
};
use crate::replay::replay;

/// The tolerance of such a lab: two percentage points.
pub const TOLERANCE: f64 = 0.02;

/// A lab of real servers rs1, rs2, ... of these weights that has seen nothing yet.
pub fn lab(scheduler: &str, weights: &[u16]) -> Observation {
    let servers = weights.iter().zip(1u8..);
    Observation {
        experiment: format!("nat-{scheduler}"),
        engine: "uml".to_owned(),
        kernel: "6.1.176".to_owned(),
        service: VirtualService {
            vip: SocketAddr::from(([192, 168, 0, 1], 80)),
            scheduler: Scheduler::from(scheduler),
            flags: ServiceFlags::NONE,
            persistence: None,
            forwarding: Forwarding::Nat,
        },
        servers: servers.map(|(&weight, n)| server(n, weight)).collect(),
        load: load(),
        counters: CounterState::Settled,
        trace: Vec::new(),
        connection_table: Vec::new(),
        proofs: Vec::new(),
        stages: vec![stage("boot", 1_400), stage("load", 3_700)],
        tolerance: TOLERANCE,
    }
}

fn server(n: u8, weight: u16) -> ServerObservation {
    ServerObservation {
        name: format!("rs{n}"),
        address: SocketAddr::from((server_address(n), 80)),
        weight: Weight::from(weight),
        thresholds: Thresholds::default(),
        client_requests: 0,
        client_connections: 0,
        server_requests: 0,
        server_connections: 0,
        kernel_connections: 0,
        kernel_packets_in: 0,
        kernel_packets_out: 0,
    }
}

/// The address of the n-th real server, counted from 1.
pub const fn server_address(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 1, n + 1)
}

fn load() -> LoadObservation {
    LoadObservation {
        requests_planned: 0,
        requests_completed: 0,
        requests_failed: 0,
        requests_unfinished: 0,
        connections_attempted: 0,
        concurrency: 1,
        keep_alive: false,
        elapsed: Duration::from_millis(3_700),
        latency: Some(LatencySummary {
            p50: 950,
            p90: 1_800,
            p99: 4_200,
            p99_9: 12_000,
            max: 31_000,
        }),
        errors: Vec::new(),
        stopped_early: None,
    }
}

fn stage(name: &str, milliseconds: u64) -> Stage {
    Stage {
        name: name.to_owned(),
        took: Duration::from_millis(milliseconds),
    }
}

/// The same lab after these connections per server, seen alike by all witnesses.
pub fn saw(mut lab: Observation, connections: &[u64]) -> Observation {
    for (server, &n) in lab.servers.iter_mut().zip(connections) {
        server.client_requests = n;
        server.client_connections = n;
        server.server_requests = n;
        server.server_connections = n;
        server.kernel_connections = n;
        server.kernel_packets_in = n * 6;
        server.kernel_packets_out = n * 5;
    }
    let total = connections.iter().sum();
    lab.load.requests_planned = total;
    lab.load.requests_completed = total;
    lab.load.connections_attempted = total;
    lab
}

/// The same lab after a serial load whose connections went where the model says.
///
/// # Panics
///
/// If the scheduler has no model.
pub fn served(mut lab: Observation, connections: u32) -> Observation {
    lab.trace = serial_trace(connections);
    let prediction = replay(&lab, 0).expect("the scheduler has a model");
    saw(lab, &prediction.picks)
}

/// One connection after the other, 1 ms each, closed by the server first.
pub fn serial_trace(connections: u32) -> Vec<TracedSegment> {
    closed_loop(connections, 1, |_| 1_000)
}

/// A closed loop: `concurrency` connections at a time, the n-th of which lasts so many
/// microseconds; the server closes first and a new connection opens 10 µs after the client's FIN.
pub fn closed_loop(
    connections: u32,
    concurrency: u32,
    lasts: impl Fn(u32) -> u64,
) -> Vec<TracedSegment> {
    let mut ready: Vec<u64> = (0..u64::from(concurrency)).collect();
    let mut trace = Vec::new();
    for n in 0..connections {
        let earliest = (0..ready.len()).min_by_key(|&worker| ready[worker]);
        let Some(worker) = earliest else {
            break;
        };
        let start = ready[worker];
        let end = start + lasts(n);
        ready[worker] = end + 20;
        let client = client(n);
        // No segment names its server: the tests that compare picks add their own.
        let server = Sender::Server(Ipv4Addr::UNSPECIFIED);
        trace.extend([
            segment(start, client, Sender::Client, SegmentKind::Syn),
            segment(start + 1, client, server, SegmentKind::Syn),
            segment(end, client, server, SegmentKind::Fin),
            segment(end + 10, client, Sender::Client, SegmentKind::Fin),
        ]);
    }
    trace.sort_by_key(|segment| segment.at);
    trace
}

/// A client of its own for each connection, so that no port is used twice.
pub fn client(n: u32) -> SocketAddrV4 {
    let [_, a, b, c] = n.to_be_bytes();
    SocketAddrV4::new(Ipv4Addr::new(10, a, b, c), 40_000)
}

/// One segment, so many microseconds after the trace began.
pub const fn segment(
    microseconds: u64,
    client: SocketAddrV4,
    from: Sender,
    kind: SegmentKind,
) -> TracedSegment {
    TracedSegment {
        at: Duration::from_micros(microseconds),
        client,
        from,
        kind,
    }
}
