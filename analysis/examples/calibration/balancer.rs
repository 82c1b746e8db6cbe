//! The balancer that a trial simulates, and the tap before it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use analysis::director::{Director, DirectorSettings};
use analysis::model::{Determinism, KernelVersion, ModelSettings};
use analysis::observation::{Observation, SegmentKind, Sender, TracedSegment};
use analysis::replay::{Flow, Opening, Origin, Replay, Replies};
use analysis::synthetic::{closed_loop, server_address};
use fastrand::Rng;

/// Segments that arrive within this time may be seen in either order.
const SIMULTANEOUS: Duration = Duration::from_micros(10);
/// Mean time that a connection is open, in microseconds.
const MEAN_SERVICE: f64 = 1_000.0;

/// A closed loop of so many connections at a time with exponential service times, from clients
/// whose addresses begin anywhere.
pub fn trace(connections: u32, concurrency: u32, random: &mut Rng) -> Vec<TracedSegment> {
    let lasts: Vec<u64> = (0..connections)
        .map(|_| {
            let exponential = -MEAN_SERVICE * (1.0 - random.f64()).ln();
            Duration::from_secs_f64(exponential / 1e6)
                .as_micros()
                .try_into()
                .unwrap_or(0)
        })
        .collect();
    let base = random.u32(0..0x00F0_0000);
    let mut trace = closed_loop(connections, concurrency, |n| 20 + lasts[n as usize]);
    for segment in &mut trace {
        let address = segment.client.ip().to_bits() + base;
        segment.client.set_ip(Ipv4Addr::from_bits(address));
    }
    trace
}

/// The same as another CPU's clock has it: near-simultaneous SYNs change places.
pub fn disorder(trace: &[TracedSegment], random: &mut Rng) -> Vec<TracedSegment> {
    let mut trace = trace.to_vec();
    let is_syn = |one: &TracedSegment| one.kind == SegmentKind::Syn && one.from == Sender::Client;
    for later in 1..trace.len() {
        let (one, other) = (trace[later - 1], trace[later]);
        let near = other.at.saturating_sub(one.at) <= SIMULTANEOUS;
        let swaps = near && one.client != other.client && (is_syn(&one) || is_syn(&other));
        if swaps && random.bool() {
            trace.swap(later - 1, later);
            let at = trace[later].at;
            trace[later].at = trace[later - 1].at;
            trace[later - 1].at = at;
        }
    }
    trace
}

/// Which server each client's connection gets, in the order in which they open.
pub fn picks(
    lab: &Observation,
    weights: &[u16],
    trace: &[TracedSegment],
    random: &mut Rng,
) -> Option<Vec<(SocketAddrV4, usize)>> {
    let mut replay = balancer(lab, weights, random.u64(..))?;
    if Determinism::of(&lab.service.scheduler) == Some(Determinism::Cycle) {
        let length = weights.iter().copied().map(u32::from).sum::<u32>();
        warm_up(&mut replay, random.u32(0..length.max(1)));
    }
    let mut picks = Vec::new();
    for segment in trace {
        replay.advance(WARM_UP + segment.at);
        let flow = Flow {
            client: SocketAddr::V4(segment.client),
            destination: lab.service.vip.ip(),
        };
        match (segment.from, segment.kind) {
            (Sender::Client, SegmentKind::Syn) => {
                if let Opening::Scheduled(server) = replay.syn(flow) {
                    picks.push((segment.client, server.index()));
                }
            }
            (Sender::Client, kind) => replay.segment(flow, kind, Origin::Client),
            (Sender::Server(_), kind) => replay.segment(flow, kind, Origin::Server),
        }
    }
    Some(picks)
}

/// Long enough for every earlier connection to be forgotten.
const WARM_UP: Duration = Duration::from_secs(10_000);

/// Earlier connections leave nothing but the phase of a cycle.
fn warm_up(replay: &mut Replay, connections: u32) {
    for n in 0..connections {
        let flow = Flow {
            client: SocketAddr::from((Ipv4Addr::from_bits(0xAC10_0000 + n), 40_000)),
            destination: Ipv4Addr::new(192, 168, 0, 1).into(),
        };
        replay.syn(flow);
        replay.segment(flow, SegmentKind::Rst, Origin::Client);
    }
}

fn balancer(lab: &Observation, weights: &[u16], seed: u64) -> Option<Replay> {
    let kernel = KernelVersion::of_release(&lab.kernel);
    let model = ModelSettings {
        seed,
        ..ModelSettings::new(lab.service.scheduler.clone(), kernel)
    };
    let mut director = Director::new(&DirectorSettings::from(model)).ok()?;
    for (server, &weight) in lab.servers.iter().zip(weights) {
        let settings = director_setup::Weight::from(weight).into();
        director.add(server.address, settings).ok()?;
    }
    Some(Replay::new(director, Replies::PassDirector))
}

/// The trace as the director of NAT sees it: every reply says which server it came from.
pub fn name(trace: &mut [TracedSegment], picks: &[(SocketAddrV4, usize)]) {
    let servers: HashMap<_, _> = picks.iter().copied().collect();
    for segment in trace {
        let server = servers
            .get(&segment.client)
            .and_then(|&n| u8::try_from(n + 1).ok());
        if let (Sender::Server(_), Some(server)) = (segment.from, server) {
            segment.from = Sender::Server(server_address(server));
        }
    }
}
