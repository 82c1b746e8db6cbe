//! What must hold for every plan.

use std::time::Duration;

use director_setup::{Netmask, Persistence, Scheduler, ServiceFlags, Thresholds, Weight};
use proptest::prelude::*;

use crate::Share;
use crate::director::DirectorSettings;
use crate::model::ModelSettings;
use crate::replay::Replies;
use crate::simulate::*;

fn any_service_time() -> impl Strategy<Value = ServiceTime> {
    let texts = [
        "0s",
        "3ms",
        "uniform:1ms-90s",
        "exp:3ms",
        "exp:40s",
        "pareto:1ms:0.3",
        "lognormal:1ms:3",
    ];
    prop::sample::select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    let rate = (0.1f64..10_000.0).prop_map(|rate| Positive::try_from(rate).unwrap());
    prop_oneof![
        (1u32..40).prop_map(Arrivals::Closed),
        rate.clone().prop_map(Arrivals::Constant),
        rate.prop_map(Arrivals::Poisson),
    ]
}

fn any_load() -> impl Strategy<Value = Load> {
    let discipline = prop::sample::select(vec![
        Discipline::Independent,
        Discipline::OneAtATime,
        Discipline::SharedCpu,
        Discipline::SharedCpuInTurns,
    ]);
    let connections = 1u64..400;
    let addresses = (1u32..9).prop_map(Addresses::anywhere);
    (
        connections,
        any_arrivals(),
        any_service_time(),
        discipline,
        addresses.clone(),
        addresses,
    )
        .prop_map(
            |(connections, arrivals, service_time, discipline, clients, destinations)| Load {
                connections,
                arrivals,
                service_time,
                discipline,
                clients,
                destinations,
            },
        )
}

fn any_servers() -> impl Strategy<Value = Vec<PlannedServer>> {
    let one = (0u16..5, 0u32..30, 0.1f64..10.0, any::<bool>());
    prop::collection::vec(one, 1..6).prop_map(|servers| {
        let servers = (0..).zip(servers);
        servers
            .map(|(number, (weight, upper, speed, later))| PlannedServer {
                thresholds: Thresholds {
                    upper: upper.saturating_sub(10),
                    lower: 0,
                },
                speed: Positive::try_from(speed).unwrap(),
                presence: if later {
                    Presence::Later
                } else {
                    Presence::FromTheStart
                },
                ..PlannedServer::numbered(number, Weight::from(weight))
            })
            .collect()
    })
}

fn any_change() -> impl Strategy<Value = PlannedChange> {
    let when = prop_oneof![
        (0u64..400).prop_map(Moment::Connections),
        (0u64..10_000).prop_map(|ms| Moment::Time(Duration::from_millis(ms))),
    ];
    let change = prop_oneof![
        (0u16..5).prop_map(|weight| Change::Weight(weight.into())),
        Just(Change::Remove),
        (0u16..5).prop_map(|weight| Change::Add(weight.into())),
    ];
    (when, 0usize..6, change).prop_map(|(when, server, change)| PlannedChange {
        when,
        server,
        change,
    })
}

fn any_service() -> impl Strategy<Value = (DirectorSettings, Ending, Replies)> {
    let scheduler = prop::sample::select(Scheduler::KNOWN.to_vec());
    let persistence = prop::option::of(1u32..400);
    let ending = prop::sample::select(vec![
        Ending::Tcp(Close::Server),
        Ending::Tcp(Close::Fin),
        Ending::Tcp(Close::Rst),
        Ending::Udp,
    ]);
    let replies = prop::sample::select(vec![Replies::PassDirector, Replies::BypassDirector]);
    let flags = any::<u32>().prop_map(ServiceFlags::from);
    let kernel = prop::sample::select(vec!["6.1.176", "7.2.12"]);
    (scheduler, persistence, ending, replies, flags, kernel).prop_map(
        |(scheduler, persistence, ending, replies, flags, kernel)| {
            let model = ModelSettings::new(scheduler, kernel.parse().unwrap()).with_flags(flags);
            let persistence = persistence.map(|timeout_seconds| Persistence {
                timeout_seconds,
                netmask: Netmask::Ipv4([255, 255, 255, 0].into()),
            });
            (DirectorSettings { model, persistence }, ending, replies)
        },
    )
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let changes = prop::collection::vec(any_change(), 0..4);
    (
        any_service(),
        any_servers(),
        changes,
        any_load(),
        any::<u64>(),
    )
        .prop_map(
            |((service, ending, replies), servers, changes, load, first)| Plan {
                service,
                replies,
                ending,
                servers,
                changes,
                load,
                seeds: Seeds { first, count: 3 },
                tolerance: Share::clamped(0.01),
            },
        )
}

proptest! {
    #[test]
    fn shares_of_any_plan_are_shares_and_the_same_again(plan in any_plan()) {
        let Ok(outcome) = simulate(&plan, &[], &mut |_| {}) else {
            return Ok(());
        };
        let predicted = outcome.servers.iter().map(|one| one.predicted_share.get());
        let sum: f64 = predicted.sum();
        prop_assert!((sum - 1.0).abs() < 1e-9, "{}", sum);
        for server in &outcome.servers {
            let (low, high) = (server.range.low, server.range.high);
            prop_assert!(low <= server.predicted_share && server.predicted_share <= high);
        }
        // JSON has no form for what is no number: such a field would read back as null.
        let json = serde_json::to_value(&outcome).unwrap();
        prop_assert!(json["seconds"]["mean"].is_number());
        prop_assert!(json["settled_seconds"]["most"].is_number());
        prop_assert_eq!(&simulate(&plan, &[], &mut |_| {}).unwrap(), &outcome);
        view::text(&outcome);
    }

    #[test]
    fn a_server_that_never_has_a_weight_gets_nothing(mut plan in any_plan()) {
        plan.servers[0].weight = Weight::ZERO;
        for change in plan.changes.iter_mut().filter(|one| one.server == 0) {
            change.change = Change::Remove;
        }
        if let Ok(outcome) = simulate(&plan, &[], &mut |_| {}) {
            prop_assert_eq!(outcome.servers[0].range.high, Share::ZERO);
        }
    }

    /// What is left out for speed, when nobody looks at it, does not show.
    #[test]
    fn a_threshold_that_is_never_reached_changes_nothing(mut plan in any_plan()) {
        for server in &mut plan.servers {
            server.thresholds = Thresholds::default();
        }
        let mut watched = plan.clone();
        watched.servers[0].thresholds.upper = u32::MAX;
        match (simulate(&plan, &[], &mut |_| {}), simulate(&watched, &[], &mut |_| {})) {
            (Ok(one), Ok(other)) if one.runs == other.runs => {
                prop_assert_eq!(one.servers, other.servers);
            }
            (Ok(one), Ok(other)) => {
                let shares = |outcome: &Outcome| {
                    let servers = outcome.servers.iter();
                    servers.map(|server| server.predicted_share).collect::<Vec<_>>()
                };
                prop_assert_eq!(shares(&one), shares(&other));
            }
            (one, other) => prop_assert_eq!(one.is_err(), other.is_err()),
        }
    }
}
