use std::net::SocketAddr;

use director_setup::{Netmask, Persistence, ServiceFlags, Thresholds, Weight};
use proptest::prelude::*;

use super::*;
use crate::Share;
use crate::model::{KernelVersion, ModelSettings, ServerSettings};
use crate::synthetic::server_address;

/// 10,000 connections from as many addresses, ten at a time.
fn plan(scheduler: &str, weights: &[u32]) -> Plan {
    let server = |(n, &weight): (u8, &u32)| PlannedServer {
        name: format!("rs{n}"),
        address: SocketAddr::from((server_address(n), 80)),
        settings: ServerSettings::from(Weight::try_from(weight).unwrap()),
    };
    Plan {
        model: ModelSettings::new(scheduler.into(), KernelVersion::REFERENCE),
        persistence: None,
        servers: (1..).zip(weights).map(server).collect(),
        client_addresses: Some(10_000),
        destinations: 1,
        requests: 10_000,
        connections: 10_000,
        concurrency: 10,
        tolerance: Share::clamped(0.02),
    }
}

fn said(plan: &Plan) -> Vec<String> {
    advise(plan).iter().map(ToString::to_string).collect()
}

#[test]
fn a_plan_that_keeps_its_weights_gets_no_advice() {
    for (scheduler, weights) in [
        ("rr", &[3, 3][..]),
        ("wrr", &[4, 1]),
        ("lc", &[1, 1]),
        ("sh", &[1, 1]),
        ("mh", &[4, 3, 2]),
    ] {
        assert_eq!(said(&plan(scheduler, weights)), [""; 0], "{scheduler}");
    }
    let one_at_a_time = Plan {
        concurrency: 1,
        ..plan("wlc", &[4, 1])
    };
    assert_eq!(said(&one_at_a_time), [""; 0]);
}

#[test]
fn rr_and_lc_say_that_they_ignore_weights() {
    let advice = advise(&plan("rr", &[4, 1]));
    let scheduler = "rr".to_owned();
    assert_eq!(advice, [Advice::WeightsIgnored { scheduler }]);
    assert_eq!(
        advice[0].remedy().unwrap(),
        "For shares by weight take wrr."
    );
    assert_eq!(
        said(&plan("lc", &[4, 1])),
        ["lc ignores weights: every real server whose weight is not 0 is owed the same share."]
    );
}

#[test]
fn wlc_under_concurrency_is_forecast_near_what_the_tutorial_saw() {
    let [
        Advice::LoadDecides {
            own_time,
            one_at_a_time,
            ..
        },
    ] = &advise(&plan("wlc", &[4, 1]))[..]
    else {
        panic!("one forecast");
    };
    // ab and nginx with ten connections at a time got 73.0 and 73.4 %, the lab's own 79.2 %.
    let [alone, queued] = [own_time, one_at_a_time].map(|shares| shares[0].get());
    assert!((0.78..0.81).contains(&alone), "{alone}");
    assert!((0.71..0.77).contains(&queued), "{queued}");
    assert_eq!(
        said(&plan("wlc", &[4, 1]))[0],
        "To wlc an open connection weighs hundreds of closed ones: with 10 connections at a time \
         the weights 4:1 give about 80:20 if each takes its own time, about 75:25 if each real \
         server answers one after the other."
    );
}

#[test]
fn sed_and_nq_with_one_connection_at_a_time_use_one_server() {
    for (scheduler, server, words) in [
        ("sed", "rs1", "sed counts open connections only"),
        (
            "nq",
            "rs2",
            "nq takes the real server added last that has nothing open",
        ),
        ("fo", "rs1", "fo takes the heaviest real server there is"),
    ] {
        let plan = Plan {
            concurrency: 1,
            ..plan(scheduler, &[4, 1])
        };
        let expected =
            format!("{words}: with 1 connection at a time {server} gets nearly every one.");
        assert_eq!(said(&plan), [expected]);
    }
    let ovf = Plan {
        concurrency: 3,
        ..plan("ovf", &[4, 1])
    };
    assert!(matches!(
        &advise(&ovf)[..],
        [Advice::OneServerTakesAll { server, .. }] if server == "rs1"
    ));
}

#[test]
fn weights_beyond_shs_table_starve_who_was_added_first() {
    assert_eq!(
        said(&plan("sh", &[100, 200, 300])),
        [
            "The weights ask for 600 buckets of sh's 256, dealt out from the real server added \
             last: rs1 and rs2 get no client at all."
        ]
    );
    // In the other order only the last of the list loses.
    assert!(matches!(
        &advise(&plan("sh", &[1, 300]))[..],
        [Advice::Starved { servers, .. }] if servers == &["rs1"]
    ));
}

#[test]
fn shs_buckets_are_told_where_they_miss_the_weights() {
    assert_eq!(
        said(&plan("sh", &[20, 13])),
        ["In sh's table the weights 20:13 give 59:41, not 61:39."]
    );
}

#[test]
fn mh_says_what_it_cuts_weights_to() {
    assert_eq!(
        said(&plan("mh", &[1000, 1, 500])),
        ["mh cuts weights to six bits: it counts 1000:1:500 as 62:1:31, which gives 66:1:33."]
    );
    assert_eq!(said(&plan("mh", &[1000, 500])), [""; 0]);
}

#[test]
fn a_single_key_is_one_server() {
    let one_client = |scheduler| Plan {
        client_addresses: Some(1),
        ..plan(scheduler, &[1, 1])
    };
    for scheduler in ["sh", "mh"] {
        assert_eq!(
            said(&one_client(scheduler)),
            [format!(
                "{scheduler} decides by the client address, and there is only one: one real server \
                 gets every connection."
            )]
        );
        // The flags of sh and mh are the same bits.
        let mut by_port = one_client(scheduler);
        by_port.model.flags = ServiceFlags::SH_PORT;
        assert_eq!(said(&by_port), [""; 0]);
    }
    for scheduler in ["dh", "lblc", "lblcr"] {
        let words = said(&plan(scheduler, &[4, 1])).join(" ");
        assert!(words.contains("by the destination address"), "{words}");
    }
    assert_eq!(said(&one_client("wrr")), [""; 0]);
}

#[test]
fn a_few_clients_need_not_come_near_the_table() {
    let few = Plan {
        client_addresses: Some(39),
        ..plan("sh", &[1, 1])
    };
    assert!(matches!(
        &advise(&few)[..],
        [Advice::FewKeys {
            keys: 39,
            needed: 2401,
            ..
        }]
    ));
}

#[test]
fn a_quiesced_server_keeps_its_clients_under_a_hash_and_only_there() {
    assert_eq!(
        said(&plan("sh", &[1, 0]))[0],
        "rs2 has weight 0 and a place in sh's table: 50.0 % of it refuses its clients."
    );
    let quiesced = "rs2 has weight 0 and gets no new connections.";
    assert!(said(&plan("wrr", &[1, 0])).contains(&quiesced.to_owned()));
    let mut with_fallback = plan("sh", &[1, 0]);
    with_fallback.model.flags = ServiceFlags::SH_FALLBACK;
    assert_eq!(said(&with_fallback), [""; 0]);
}

#[test]
fn persistence_shares_clients() {
    let persistent = |clients| Plan {
        persistence: Some(Persistence {
            timeout_seconds: 300,
            netmask: Netmask::Ipv4(std::net::Ipv4Addr::BROADCAST),
        }),
        client_addresses: clients,
        ..plan("wrr", &[1, 1])
    };
    let one = said(&persistent(Some(1)));
    assert!(
        one[0].contains("one real server gets every connection"),
        "{one:?}"
    );
    let many = said(&persistent(Some(50)));
    assert!(
        many[0].ends_with("what is shared are 50 clients, not connections."),
        "{many:?}"
    );
}

#[test]
fn the_size_of_a_run_is_advised_on_with_the_number_that_decides() {
    let short = |scheduler| Plan {
        requests: 13,
        connections: 13,
        concurrency: 1,
        ..plan(scheduler, &[4, 1])
    };
    let advice = advise(&short("wrr"));
    assert_eq!(
        advice[0].remedy().unwrap(),
        "Plan 15 connections or another multiple of 5."
    );
    let remedies: Vec<_> = advise(&short("wlc"))
        .iter()
        .filter_map(Advice::remedy)
        .collect();
    assert!(
        remedies.contains(&"Plan 1,537 connections or more.".to_owned()),
        "{remedies:?}"
    );
}

#[test]
fn nobody_eligible_is_all_there_is_to_say() {
    for scheduler in ["rr", "sh", "mh", "fo"] {
        assert_eq!(
            said(&plan(scheduler, &[0, 0])),
            ["Every real server has weight 0: every connection is refused."]
        );
        assert_eq!(
            said(&plan(scheduler, &[])),
            ["There is no real server: every connection is refused."]
        );
    }
}

#[test]
fn thresholds_weights_and_keep_alive_have_their_word() {
    let mut full = plan("rr", &[1, 1]);
    for server in &mut full.servers {
        server.settings.thresholds = Thresholds {
            upper: 40,
            lower: 0,
        };
    }
    assert!(said(&full)[0].contains("hold 80 connections together"));
    assert!(said(&plan("wrr", &[65_536, 65_536]))[0].contains("65,536"));
    let kept_alive = Plan {
        connections: 10,
        ..plan("wrr", &[1, 1])
    };
    assert_eq!(
        said(&kept_alive),
        [
            "10,000 requests on 10 connections: IPVS schedules connections, so shares are of connections."
        ]
    );
    assert!(
        said(&plan("twos", &[1, 1]))
            .join(" ")
            .contains("draws lots")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_plan_gets_sentences_without_nonsense(
        scheduler in prop::sample::select(director_setup::Scheduler::KNOWN.to_vec()),
        weights in prop::collection::vec(prop_oneof![0u32..6, 0u32..=Weight::MAX.get()], 0..7),
        counts in prop::array::uniform3(prop_oneof![0u64..100, Just(u64::MAX)]),
        clients in prop::option::of(0u64..3),
        concurrency in any::<u32>(),
        tolerance in 0.0f64..=1.0,
    ) {
        let plan = Plan {
            client_addresses: clients,
            requests: counts[0],
            connections: counts[1],
            destinations: counts[2],
            concurrency,
            tolerance: Share::clamped(tolerance),
            ..plan(scheduler.name(), &weights)
        };
        for advice in advise(&plan) {
            let text = format!("{advice} {}", advice.remedy().unwrap_or_default());
            prop_assert!(text.trim_end().ends_with('.') && !text.contains("NaN"), "{text}");
            let json = serde_json::to_string(&advice).unwrap();
            prop_assert_eq!(serde_json::from_str::<Advice>(&json).unwrap(), advice);
        }
    }
}
