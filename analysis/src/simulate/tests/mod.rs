//! The behaviour that is known.
#![expect(
    clippy::float_cmp,
    reason = "shares of whole cycles are exact, also as numbers"
)]

use std::net::Ipv4Addr;
use std::time::Duration;

use director_setup::{Netmask, Persistence, Scheduler, ServiceFlags, Thresholds, Weight};

use super::*;
use crate::Share;
use crate::director::DirectorSettings;
use crate::model::{Determinism, KernelVersion, MaglevTableSize, ModelSettings};
use crate::observation::{SegmentKind, Sender, TracedSegment};
use crate::replay::{Replies, replay};
use crate::testing::{client, lab, segment};

mod properties;

/// A closed loop of ten connections at a time over servers of these weights.
fn plan(scheduler: &str, weights: &[u32]) -> Plan {
    let model = ModelSettings::new(Scheduler::from(scheduler), KernelVersion::REFERENCE);
    let servers = (0..).zip(weights).map(|(number, &weight)| {
        PlannedServer::numbered(number, Weight::try_from(weight).unwrap())
    });
    Plan {
        service: DirectorSettings::from(model),
        replies: Replies::PassDirector,
        ending: Ending::Tcp(Close::Server),
        servers: servers.collect(),
        changes: Vec::new(),
        load: Load {
            connections: 10_000,
            arrivals: Arrivals::Closed(10),
            service_time: ServiceTime::Exponential(Duration::from_millis(3)),
            discipline: Discipline::Independent,
            clients: Addresses::anywhere(1),
            destinations: Addresses::anywhere(1),
        },
        seeds: Seeds { first: 1, count: 5 },
        tolerance: Share::clamped(0.01),
    }
}

/// One connection at a time.
fn serial(scheduler: &str, weights: &[u32]) -> Plan {
    let mut plan = plan(scheduler, weights);
    plan.load.arrivals = Arrivals::Closed(1);
    plan
}

fn flagged(mut plan: Plan, flags: ServiceFlags) -> Plan {
    plan.service.model.flags = flags;
    plan
}

fn changed(mut plan: Plan, after: u64, server: usize, change: Change) -> Plan {
    plan.changes.push(PlannedChange {
        when: Moment::Connections(after),
        server,
        change,
    });
    plan
}

fn outcome(plan: &Plan) -> Outcome {
    simulate(plan, &[], &mut |_| {}).unwrap()
}

fn shares(plan: &Plan) -> Vec<f64> {
    let outcome = outcome(plan);
    let servers = outcome.servers.iter();
    servers.map(|one| one.predicted_share.get()).collect()
}

fn error(plan: &Plan) -> String {
    simulate(plan, &[], &mut |_| {}).unwrap_err().to_string()
}

#[test]
fn rr_and_wrr_are_exact_whatever_is_drawn() {
    for (scheduler, expected) in [("wrr", [0.8, 0.2]), ("rr", [0.5, 0.5])] {
        let outcome = outcome(&plan(scheduler, &[4, 1]));
        assert!(outcome.is_exact() && !outcome.depends_on_chance);
        assert_eq!(outcome.runs, 1);
        let shares = [0, 1].map(|n: usize| outcome.servers[n].predicted_share.get());
        assert_eq!(shares, expected, "{scheduler}");
    }
}

#[test]
fn serial_connections_have_the_shares_that_their_schedulers_are_known_for() {
    let known = [
        ("wlc", [0.8, 0.2]),
        ("lc", [0.5, 0.5]),
        ("sed", [1.0, 0.0]),
        ("nq", [0.0, 1.0]),
        ("fo", [1.0, 0.0]),
        ("ovf", [1.0, 0.0]),
    ];
    for (scheduler, expected) in known {
        assert_eq!(shares(&serial(scheduler, &[4, 1])), expected, "{scheduler}");
    }
}

/// As in the replay of a like load, where it is ticks of 100 µs that serve one connection of each
/// server: about 3:1.
#[test]
fn wlc_gives_a_slow_queue_less_when_servers_serve_one_at_a_time() {
    let mut plan = plan("wlc", &[4, 1]);
    plan.load.discipline = Discipline::OneAtATime;
    plan.load.service_time = ServiceTime::Fixed(Duration::from_micros(100));
    let outcome = outcome(&plan);
    assert!(outcome.is_exact() && !outcome.depends_on_chance);
    let ratio = outcome.servers[0].predicted_share.get() / outcome.servers[1].predicted_share.get();
    assert!((2.8..3.3).contains(&ratio), "{ratio}");
    assert_eq!(outcome.furthest().unwrap().0.name, "rs1");
}

/// A closed loop as the director sees it: each connection lasts 1 ms, and the next follows its end.
fn trace(connections: u32, concurrency: u32) -> Vec<TracedSegment> {
    let mut trace = Vec::new();
    for n in 0..connections {
        let at = u64::from(n / concurrency) * 1_000;
        if let Some(over) = n.checked_sub(concurrency) {
            for from in [Sender::Server(Ipv4Addr::UNSPECIFIED), Sender::Client] {
                trace.push(segment(at, client(over), from, SegmentKind::Fin));
            }
        }
        trace.push(segment(at, client(n), Sender::Client, SegmentKind::Syn));
    }
    trace
}

/// The replay keeps a connection table and knows nothing of plans: the same load gives the same.
#[test]
fn a_replay_of_the_same_load_has_the_same_picks() {
    let independent = |scheduler: &&Scheduler| {
        !matches!(
            Determinism::of(scheduler),
            Some(Determinism::Key | Determinism::LoadAndChance)
        )
    };
    for scheduler in Scheduler::KNOWN.iter().filter(independent) {
        let mut observation = lab(scheduler.name(), &[4, 2, 1]);
        observation.trace = trace(3_000, 12);
        let mut plan = plan(scheduler.name(), &[4, 2, 1]);
        plan.load.connections = 3_000;
        plan.load.arrivals = Arrivals::Closed(12);
        plan.load.service_time = ServiceTime::Fixed(Duration::from_millis(1));
        let picks = replay(&observation, 0).unwrap().picks;
        let scheduled: u64 = picks.iter().sum();
        let replayed: Vec<_> = picks
            .iter()
            .map(|&picks| Share::of(picks, scheduled).unwrap().get())
            .collect();
        assert_eq!(shares(&plan), replayed, "{scheduler}");
    }
}

#[test]
fn sh_starves_a_light_server_that_was_added_first() {
    let plan = flagged(plan("sh", &[1, 300]), ServiceFlags::SH_PORT);
    assert_eq!(shares(&plan), [0.0, 1.0]);
    let table = outcome(&plan).table.unwrap();
    assert_eq!((table.entries, table.of_servers), (256, vec![0, 256]));
    assert_eq!(table.starved, ["rs1"]);
}

/// The true part is 80 of 4,093 entries, 1.95 %; with 50,000 connections in all the standard error
/// is 0.06 %.
#[test]
fn mh_makes_100_to_1_into_50_to_1() {
    let light = shares(&flagged(plan("mh", &[100, 1]), ServiceFlags::MH_PORT))[1];
    assert!((0.0165..0.0225).contains(&light), "{light}");
}

#[test]
fn one_client_without_its_port_in_the_hash_has_one_server() {
    for scheduler in ["sh", "mh"] {
        let outcome = outcome(&plan(scheduler, &[1, 1]));
        for server in &outcome.servers {
            assert!([0.0, 1.0].contains(&server.range.low.get()), "{scheduler}");
            assert!([0.0, 1.0].contains(&server.range.high.get()), "{scheduler}");
        }
        assert_eq!(outcome.total_variation.unwrap().mean, 0.5);
    }
}

#[test]
fn few_persistent_clients_are_shared_unevenly() {
    let mut plan = plan("wrr", &[1, 1]);
    plan.load.clients = Addresses::anywhere(3);
    assert_eq!(outcome(&plan).largest_deviation.unwrap().most, 0.0);
    plan.service.persistence = Some(Persistence {
        timeout_seconds: 300,
        netmask: Netmask::Ipv4([255; 4].into()),
    });
    // Two of three clients are at one server.
    let deviation = outcome(&plan).largest_deviation.unwrap();
    assert!((deviation.mean - 1.0 / 6.0).abs() < 0.03, "{deviation:?}");
}

#[test]
fn a_threshold_caps_a_server_and_the_rest_is_refused() {
    let mut plan = plan("wrr", &[1, 1]);
    plan.load.arrivals = Arrivals::Closed(100);
    plan.load.connections = 1_000;
    for server in &mut plan.servers {
        server.thresholds = Thresholds { upper: 5, lower: 0 };
    }
    // Entries of closed connections count for two minutes, the whole run.
    assert_eq!(outcome(&plan).refused.mean, 990.0);
    plan.servers[1].thresholds = Thresholds::default();
    assert_eq!(shares(&plan), [0.005, 0.995]);
}

#[test]
fn a_slow_server_gets_less_under_wlc_and_no_less_under_wrr() {
    let slow = |scheduler| {
        let mut plan = plan(scheduler, &[1, 1]);
        plan.servers[0].speed = Positive::try_from(0.25).unwrap();
        plan.load.arrivals = Arrivals::Poisson(Positive::try_from(2_000.0).unwrap());
        shares(&plan)[0]
    };
    assert_eq!(slow("wrr"), 0.5);
    assert!(slow("wlc") < 0.4, "{}", slow("wlc"));
}

#[test]
fn a_reset_connection_counts_for_ten_seconds_and_a_closed_one_for_two_minutes() {
    // Five a second: at a threshold of 100 entries the server is full after 20 s.
    let refused = |close| {
        let mut plan = plan("rr", &[1]);
        plan.ending = Ending::Tcp(close);
        plan.servers[0].thresholds.upper = 100;
        plan.load.arrivals = Arrivals::Constant(Positive::try_from(5.0).unwrap());
        plan.load.connections = 500;
        outcome(&plan).refused.mean
    };
    assert_eq!(refused(Close::Rst), 0.0);
    assert_eq!(refused(Close::Server), 400.0);
    assert_eq!(refused(Close::Fin), 400.0);
}

#[test]
fn changes_take_effect_at_their_connection() {
    let plan = plan("rr", &[1, 1]);
    assert_eq!(
        shares(&changed(
            plan.clone(),
            5_000,
            1,
            Change::Weight(Weight::ZERO)
        )),
        [0.75, 0.25]
    );
    assert_eq!(
        shares(&changed(plan.clone(), 5_000, 1, Change::Remove)),
        [0.75, 0.25]
    );
    let mut plan = plan;
    plan.servers[1].presence = Presence::Later;
    let outcome = outcome(&changed(plan, 5_000, 1, Change::Add(Weight::ONE)));
    let second = &outcome.servers[1];
    assert_eq!(second.predicted_share.get(), 0.25);
    assert_eq!(second.configured_share.map(Share::get), Some(0.25));
}

#[test]
fn a_change_by_the_clock_takes_effect_at_its_time() {
    let mut plan = plan("rr", &[1, 1]);
    plan.load.arrivals = Arrivals::Constant(Positive::try_from(1_000.0).unwrap());
    plan.changes.push(PlannedChange {
        when: Moment::Time(Duration::from_secs(5)),
        server: 1,
        change: Change::Remove,
    });
    assert_eq!(shares(&plan), [0.75, 0.25]);
}

#[test]
fn a_server_that_leaves_disturbs_many_keys_of_sh_and_few_of_mh() {
    let disturbed = |scheduler| {
        let outcome = outcome(&plan(scheduler, &[1; 10]));
        let leaving = outcome.table.unwrap().leaving;
        assert_eq!(leaving.len(), 10);
        let sum: f64 = leaving.iter().map(|one| one.disturbed.get()).sum();
        assert!(leaving.iter().all(|one| one.refused == Share::ZERO));
        sum / 10.0
    };
    assert!(disturbed("sh") > 0.5, "{}", disturbed("sh"));
    assert!(disturbed("mh") < 0.1, "{}", disturbed("mh"));
}

#[test]
fn mh_with_more_servers_than_entries_refuses_the_keys_of_one_that_leaves() {
    let mut plan = plan("mh", &[1; 300]);
    plan.service.model.maglev_table = MaglevTableSize::of(251).unwrap();
    let outcome = simulate(&plan, &[0, 299], &mut |_| {}).unwrap();
    let table = outcome.table.unwrap();
    assert_eq!(table.starved.len(), 49);
    let refused: Vec<_> = table.leaving.iter().map(|one| one.refused).collect();
    assert_eq!(refused, [Share::clamped(1.0 / 251.0), Share::ZERO]);
}

#[test]
fn impossible_plans_are_refused_with_their_reason() {
    let refused = |change: fn(&mut Plan)| {
        let mut plan = plan("wlc", &[4, 1]);
        change(&mut plan);
        error(&plan)
    };
    let all = [
        refused(|plan| plan.servers.clear()),
        refused(|plan| {
            plan.servers
                .iter_mut()
                .for_each(|one| one.weight = Weight::ZERO);
        }),
        refused(|plan| plan.load.connections = 0),
        refused(|plan| plan.load.connections = u64::MAX),
        refused(|plan| plan.load.arrivals = Arrivals::Closed(0)),
        refused(|plan| plan.load.arrivals = Arrivals::Closed(u32::MAX)),
        refused(|plan| plan.load.clients.count = 0),
        refused(|plan| plan.load.destinations.count = 0),
        refused(|plan| plan.seeds.count = 0),
        refused(|plan| plan.seeds.count = u32::MAX),
        refused(|plan| plan.servers[1].address = plan.servers[0].address),
        refused(|plan| plan.service.model.scheduler = Scheduler::from("own")),
        error(&changed(plan("wlc", &[1]), 5, 7, Change::Remove)),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
    there are no real servers: give at least one weight
    every connection is refused: all real servers have weight 0; give one of them a weight above 0
    there are no connections: give at least 1
    18446744073709551615 connections are too many: 4294967295 are the most
    no connection at a time: give a concurrency of at least 1
    4294967295 connections at a time are too many: 16777216 are the most
    there are no clients: give at least 1 address
    there are no destinations: give at least 1 address
    there are no runs: give at least 1 seed
    4294967295 runs are too many: 100000 are the most, and 20000000 divided by the real servers
    real server 192.168.1.2:80 is there already
    there is no model of the scheduler own
    a change names real server number 7, but there are 1
    ");
}

#[test]
fn a_change_that_the_kernel_would_refuse_is_told_with_its_moment() {
    let twice = changed(plan("rr", &[1, 1]), 3, 0, Change::Remove);
    let error = simulate(&changed(twice, 9, 0, Change::Remove), &[], &mut |_| {}).unwrap_err();
    assert!(
        matches!(error, SimulateError::Change { after: 9, .. }),
        "{error:?}"
    );
}

#[test]
fn a_plan_that_refuses_everything_is_an_error_and_no_share() {
    let mut plan = plan("ovf", &[1]);
    plan.servers[0].presence = Presence::Later;
    let later = changed(plan, 20_000, 0, Change::Add(Weight::ONE));
    assert!(error(&later).starts_with("every connection is refused, in every run"));
}

#[test]
fn only_hash_schedulers_can_say_who_moves() {
    let error = simulate(&plan("wlc", &[1, 1]), &[0], &mut |_| {}).unwrap_err();
    assert_eq!(error, SimulateError::NoTable("wlc".to_owned()));
}

#[test]
fn progress_goes_up_to_the_whole() {
    let mut plan = plan("wlc", &[4, 1]);
    plan.load.connections = 1 << 17;
    plan.seeds.count = 2;
    let mut seen = Vec::new();
    simulate(&plan, &[], &mut |progress| seen.push(progress)).unwrap();
    let done: Vec<_> = seen.iter().map(|one| one.done >> 16).collect();
    assert_eq!(done, [1, 2, 3, 4]);
    assert_eq!(seen[3].done, seen[3].total);
}
