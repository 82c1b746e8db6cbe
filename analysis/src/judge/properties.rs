//! What holds for every observation, however absurd.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use director_setup::{Netmask, Persistence, Scheduler, ServiceFlags, Thresholds, Weight};
use proptest::prelude::*;

use super::*;
use crate::Share;
use crate::observation::{
    CounterState, RememberedConnection, SegmentKind, Sender, StoppedEarly, TracedSegment,
};
use crate::synthetic::{lab, saw, segment, serial_trace, served, server_address};
use crate::testing::tally;
use crate::view::{Colour, Format};

/// Counts as they are, and as they cannot be.
fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0u64..200,
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

fn any_weight() -> impl Strategy<Value = Weight> {
    prop_oneof![
        4 => (0u32..8).prop_map(|weight| Weight::try_from(weight).unwrap()),
        1 => (0u32..=Weight::MAX.get()).prop_map(|weight| Weight::try_from(weight).unwrap()),
        1 => Just(Weight::MAX),
    ]
}

fn any_thresholds() -> impl Strategy<Value = Thresholds> {
    let limit = || prop_oneof![3 => Just(0u32), 1 => 0u32..20, 1 => any::<u32>()];
    (limit(), limit()).prop_map(|(upper, lower)| Thresholds { upper, lower })
}

fn any_scheduler() -> impl Strategy<Value = Scheduler> {
    let mut names = Scheduler::KNOWN.to_vec();
    names.push(Scheduler::from("own"));
    prop::sample::select(names)
}

/// Some clients in two addresses, with ports of their own.
fn any_client() -> impl Strategy<Value = SocketAddrV4> {
    (0u8..2, 1u16..12)
        .prop_map(|(host, port)| SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, host), port))
}

fn any_segment() -> impl Strategy<Value = TracedSegment> {
    let kind = prop_oneof![
        3 => Just(SegmentKind::Syn),
        1 => Just(SegmentKind::Fin),
        1 => Just(SegmentKind::Rst),
    ];
    let from = prop_oneof![
        3 => Just(Sender::Client),
        2 => (1u8..5).prop_map(|n| Sender::Server(server_address(n))),
    ];
    (0u64..400_000_000, any_client(), from, kind)
        .prop_map(|(at, client, from, kind)| segment(at, client, from, kind))
}

fn any_trace() -> impl Strategy<Value = Vec<TracedSegment>> {
    (prop::collection::vec(any_segment(), 0..60), any::<bool>()).prop_map(|(mut trace, sorted)| {
        if sorted {
            trace.sort_by_key(|one| one.at);
        }
        trace
    })
}

type Counts = [u64; 7];

fn any_servers() -> impl Strategy<Value = Vec<(Weight, Thresholds, Counts)>> {
    let counts = prop::array::uniform7(any_count());
    prop::collection::vec((any_weight(), any_thresholds(), counts), 0..5)
}

fn any_persistence() -> impl Strategy<Value = Option<Persistence>> {
    let mask = any::<u32>().prop_map(|mask| Netmask::Ipv4(Ipv4Addr::from_bits(mask)));
    let some = (any::<u32>(), mask).prop_map(|(timeout_seconds, netmask)| Persistence {
        timeout_seconds,
        netmask,
    });
    prop::option::weighted(0.3, some)
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let service = (any_scheduler(), any::<u32>(), any_persistence());
    let load = (
        prop::array::uniform6(any_count()),
        any::<u32>(),
        any::<bool>(),
        prop::option::of(any_count()),
    );
    let tolerance = prop_oneof![
        3 => 0.0f64..0.2,
        1 => any::<f64>(),
        1 => Just(f64::NAN),
    ];
    let remembered = prop::collection::vec((any_client(), 1u8..5), 0..8);
    let parts = (
        service,
        any_servers(),
        load,
        tolerance,
        any_trace(),
        remembered,
    );
    (parts, any::<bool>()).prop_map(|(parts, settled)| {
        let (service, servers, load, tolerance, trace, remembered) = parts;
        let mut observation = lab(service.0.name(), &vec![1; servers.len()]);
        observation.service.flags = ServiceFlags::from(service.1);
        observation.service.persistence = service.2;
        for (server, (weight, thresholds, counts)) in observation.servers.iter_mut().zip(servers) {
            (server.weight, server.thresholds) = (weight, thresholds);
            server.client_requests = counts[0];
            server.client_connections = counts[1];
            server.server_requests = counts[2];
            server.server_connections = counts[3];
            server.kernel_connections = counts[4];
            server.kernel_packets_in = counts[5];
            server.kernel_packets_out = counts[6];
        }
        let (counts, concurrency, keep_alive, refused) = load;
        let load = &mut observation.load;
        load.requests_planned = counts[0];
        load.requests_completed = counts[1];
        load.requests_failed = counts[2];
        load.requests_unfinished = counts[3];
        load.connections_attempted = counts[4];
        load.elapsed = Duration::from_nanos(counts[5]);
        (load.concurrency, load.keep_alive) = (concurrency, keep_alive);
        if let Some(refused) = refused {
            load.errors = vec![tally("connect-refused", "connect refused", refused); 2];
            load.stopped_early = Some(StoppedEarly::GaveUp { failed: refused });
        }
        let remembered = remembered.into_iter();
        observation.connection_table = remembered
            .map(|(client, n)| RememberedConnection {
                client,
                server: server_address(n),
            })
            .collect();
        observation.tolerance = tolerance;
        observation.trace = trace;
        if !settled {
            observation.counters = CounterState::Behind;
        }
        observation
    })
}

fn sum(shares: &[Share]) -> f64 {
    shares.iter().map(|share| share.get()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// JSON has no NaN and no infinity: they would come back as null, and the records differ.
    #[test]
    fn whatever_was_observed_gives_a_record_of_plain_numbers(observation in any_observation()) {
        let record = judge(&observation);
        let json = serde_json::to_string(&record).unwrap();
        let parsed: Record = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&parsed, &record);
        for format in Format::ALL {
            let view = format.view(Colour::Plain).render(std::slice::from_ref(&record)).unwrap();
            prop_assert!(!view.contains("NaN") && !view.contains("inf%"), "{}", format);
        }
    }

    #[test]
    fn expected_shares_sum_to_1_and_whole_connections_to_what_was_scheduled(
        scheduler in prop::sample::select(Scheduler::KNOWN.to_vec()),
        weights in prop::collection::vec(0u16..6, 1..6),
        connections in 1u32..300,
    ) {
        let mut observation = lab(scheduler.name(), &weights);
        observation.trace = serial_trace(connections);
        let picks = crate::replay::replay(&observation, 7).unwrap().picks;
        let record = judge(&saw(observation, &picks));
        let shares: Option<Vec<_>> = record.servers.iter().map(|one| one.expected_share).collect();
        if let Some(shares) = shares {
            prop_assert!((sum(&shares) - 1.0).abs() < 1e-9, "{shares:?}");
            let whole: u64 = record.servers.iter().filter_map(|one| one.expected_connections).sum();
            prop_assert_eq!(whole, picks.iter().sum::<u64>());
        }
    }

    /// fo with different weights has no tie that the order would break.
    #[test]
    fn the_order_of_servers_changes_nothing_for_fo(
        weights in prop::collection::btree_set(1u16..50, 2..5),
        lost in 0u64..3,
    ) {
        let weights: Vec<_> = weights.into_iter().collect();
        let mut observation = lab("fo", &weights);
        observation.trace = serial_trace(50);
        let mut counts = vec![0; weights.len()];
        *counts.last_mut().unwrap() = 50 - lost;
        counts[0] += lost;
        let forward = saw(observation, &counts);
        let mut backward = forward.clone();
        backward.servers.reverse();
        let expected = if lost == 0 { Verdict::Pass } else { Verdict::Fail };
        prop_assert_eq!(judge(&forward).verdict, expected);
        prop_assert_eq!(judge(&backward).verdict, expected);
    }

    #[test]
    fn the_order_of_records_in_a_file_changes_no_verdict(
        runs in prop::collection::vec((0u64..300, any::<u64>()), 2..6),
    ) {
        let records: Vec<_> = (0..).zip(&runs).map(|(n, (moved, _))| {
            let mut observation = lab("wlc", &[1, 1]);
            observation.experiment = format!("run-{n}");
            observation.trace = serial_trace(4_000);
            judge(&saw(observation, &[2_000 - moved, 2_000 + moved]))
        }).collect();
        let mut order: Vec<_> = (0..runs.len()).collect();
        order.sort_by_key(|&run| runs[run].1);
        let lines: Vec<_> = order.iter().map(|&run| serde_json::to_string(&records[run]).unwrap()).collect();
        let read = crate::record::parse_records(&lines.join("\n")).unwrap();
        for (record, run) in read.iter().zip(order) {
            prop_assert_eq!(record, &records[run]);
        }
    }
}

/// wlc that was owed 50:50 and gave 53:47 of 100,000 connections.
fn three_points_off(tolerance: f64) -> Record {
    let mut observation = served(lab("wlc", &[1, 1]), 100_000);
    observation = saw(observation, &[53_000, 47_000]);
    observation.tolerance = tolerance;
    judge(&observation)
}

#[test]
fn a_tolerance_that_is_no_share_counts_as_the_nearest() {
    for (given, counts_as) in [
        (f64::NAN, 0.0),
        (-1.0, 0.0),
        (0.0, 0.0),
        (0.02, 0.02),
        (f64::NEG_INFINITY, 0.0),
        (f64::INFINITY, 1.0),
        (7.0, 1.0),
    ] {
        let record = three_points_off(given);
        assert_eq!(record.tolerance, Share::clamped(counts_as), "{given}");
        let off = counts_as < 0.5;
        assert_eq!(record.verdict == Verdict::Fail, off, "{given}");
    }
}

#[test]
fn a_share_just_within_and_just_beyond_the_tolerance_are_told_apart() {
    // The Wilson interval around 0.53 of 100,000 reaches down to 0.5269.
    assert_eq!(three_points_off(0.027).verdict, Verdict::Pass);
    assert_eq!(three_points_off(0.026).verdict, Verdict::Fail);
}
