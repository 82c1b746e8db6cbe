use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::Share;
use crate::observation::{Proof, SegmentKind, StoppedEarly};
use crate::replay::{closed_loop_over_equal_servers, replay};
use crate::testing::{
    advised, client, kinds, lab, notes, saw, sentences, serial_trace, served, tally,
};

#[test]
fn what_the_model_predicts_passes() {
    for scheduler in ["rr", "wrr", "lc", "wlc"] {
        let record = judge(&served(lab(scheduler, &[4, 1]), 10_000));
        assert_eq!(
            record.verdict,
            Verdict::Pass,
            "{scheduler}: {:?}",
            record.reasons
        );
        assert!(record.largest_share_error.unwrap().get() < 1e-9);
    }
}

#[test]
fn a_dead_server_is_named_and_its_consequences_are_not() {
    let mut observation = served(lab("wrr", &[1, 1]), 1_000);
    let dead = &mut observation.servers[1];
    (dead.client_requests, dead.client_connections) = (0, 0);
    (dead.server_requests, dead.server_connections) = (0, 0);
    observation.load.requests_completed = 500;
    observation.load.requests_failed = 500;
    observation.load.errors = vec![tally("response-timed-out", "no response in time", 500)];
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(
        sentences(&record),
        [
            "rs2 answers nothing: IPVS sent it 500 connections, the client got no answer.",
            "500 of 1,000 requests failed: 500 no response in time.",
        ]
    );
}

#[test]
fn a_proof_that_does_not_hold_fails_the_run() {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.proofs.push(Proof {
        claim: "the director answers ARP for the VIP".to_owned(),
        holds: false,
        seen: "02:00:00:00:00:03".to_owned(),
    });
    let record = judge(&observation);
    assert_eq!(kinds(&record), ["proof-failed"]);
    assert_eq!(record.verdict, Verdict::Fail);
}

#[test]
fn a_scheduler_without_a_model_is_inconclusive() {
    let record = judge(&saw(lab("own", &[1, 1]), &[400, 600]));
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(kinds(&record), ["no-model"]);
    assert_eq!(record.servers[0].expected_share, None);
    assert_eq!(record.servers[0].observed_share, Share::of(2, 5));
}

#[test]
fn an_incomplete_trace_is_inconclusive() {
    let mut observation = served(lab("wlc", &[4, 1]), 10_000);
    observation.trace.truncate(20_000);
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(kinds(&record), ["trace-incomplete"]);
    assert_eq!(record.largest_share_error, None);
}

#[test]
fn a_load_that_stopped_early_is_inconclusive() {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.load.requests_planned = 2_000;
    observation.load.stopped_early = Some(StoppedEarly::Interrupted);
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        sentences(&record),
        ["The load stopped early after 1,000 of 2,000 requests: it was interrupted."]
    );
}

#[test]
fn failures_are_told_of_the_requests_that_were_started() {
    let mut observation = lab("rr", &[1, 1]);
    observation.load.requests_planned = 100_000_000;
    observation.load.requests_completed = 30;
    observation.load.requests_failed = 10;
    observation.load.requests_unfinished = 2;
    observation.load.errors = vec![tally("connect-refused", "connect refused", 10)];
    assert_eq!(
        sentences(&judge(&observation))[0],
        "10 of 42 requests failed: 10 connect refused."
    );
}

/// A run whose trace lost the FINs of so many connections.
fn without_fins(connections: u32) -> Observation {
    let mut observation = served(lab("wlc", &[4, 1]), 10_000);
    let lost: HashSet<_> = (0..connections).map(client).collect();
    observation
        .trace
        .retain(|one| one.kind == SegmentKind::Syn || !lost.contains(&one.client));
    observation
}

#[test]
fn a_trace_that_lost_the_ends_of_connections_is_incomplete() {
    let record = judge(&without_fins(101));
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        sentences(&record),
        [
            "The trace opens 10,000 connections and leaves 101 open, IPVS scheduled 10,000: the \
             expectation cannot be replayed."
        ]
    );
    assert!(!kinds(&judge(&without_fins(100))).contains(&"trace-incomplete".to_owned()));
}

#[test]
fn connections_that_may_still_be_open_need_no_end_in_the_trace() {
    let mut stopped = without_fins(1_000);
    stopped.load.stopped_early = Some(StoppedEarly::Interrupted);
    let mut kept_alive = without_fins(1_000);
    kept_alive.load.keep_alive = true;
    let mut failed = without_fins(1_000);
    failed.load.requests_completed -= 1;
    failed.load.requests_failed = 1;
    for observation in [stopped, kept_alive, failed] {
        let kinds = kinds(&judge(&observation));
        assert!(!kinds.contains(&"trace-incomplete".to_owned()), "{kinds:?}");
    }
}

#[test]
fn an_empty_run_is_inconclusive_and_has_no_shares() {
    let record = judge(&lab("wlc", &[4, 1]));
    assert_eq!(kinds(&record), ["nothing-scheduled"]);
    assert_eq!(record.servers[0].observed_share, None);
    assert_eq!(record.verdict, Verdict::Inconclusive);
}

#[test]
fn lc_with_unequal_weights_passes_and_says_that_it_ignores_them() {
    let record = judge(&served(lab("lc", &[4, 1]), 10_000));
    assert_eq!(record.verdict, Verdict::Pass);
    assert_eq!(notes(&record), [""; 0]);
    assert_eq!(
        advised(&record),
        ["lc ignores weights: every real server whose weight is not 0 is owed the same share."]
    );
    assert_eq!(
        advised(&judge(&served(lab("lc", &[2, 2]), 10_000))),
        [""; 0]
    );
}

#[test]
fn wlc_under_concurrency_says_why_the_weights_are_not_met() {
    let mut observation = lab("wlc", &[4, 1]);
    observation.load.concurrency = 10;
    observation.trace = closed_loop_over_equal_servers("wlc", 10_000, 10);
    let prediction = replay(&observation, 0).unwrap();
    let record = judge(&saw(observation, &prediction.picks));
    let notes = notes(&record);
    assert_eq!(
        notes,
        [
            "To wlc an open connection weighs 256 and a closed one 1, so with 10 connections at a \
          time the weights 4:1 give 75:25, not 80:20."
        ]
    );
}

#[test]
fn a_tolerance_wider_than_a_share_is_pointed_out() {
    let record = judge(&served(lab("wlc", &[99, 1]), 10_000));
    assert_eq!(
        notes(&record),
        [
            "The tolerance of 2.00 points is wider than the whole share of 1 real server: a smaller \
          one would see more."
        ]
    );
}

#[test]
fn a_quiesced_server_and_keep_alive_are_explained() {
    let mut observation = served(lab("wrr", &[4, 1, 0]), 10);
    observation.load.requests_completed = 1_000;
    let record = judge(&observation);
    assert_eq!(
        notes(&record),
        ["wrr is exact: every 5 connections in a row are shared 4:1:0."]
    );
    assert_eq!(
        advised(&record),
        [
            "rs3 has weight 0 and gets no new connections.",
            "1,000 requests on 10 connections: IPVS schedules connections, so shares are of \
             connections.",
        ]
    );
}

#[test]
fn a_tolerance_that_is_not_a_number_counts_as_0() {
    let mut observation = served(lab("wrr", &[4, 1]), 100);
    observation.tolerance = f64::NAN;
    assert_eq!(judge(&observation).tolerance, Share::ZERO);
}

proptest! {
    #[test]
    fn shares_sum_to_1_and_the_record_survives_json(
        scheduler in prop::sample::select(vec!["rr", "wrr", "lc", "wlc", "sh"]),
        servers in prop::collection::vec((0u16..6, 0u64..3_000), 1..6),
        connections in 0u32..300,
    ) {
        let (weights, counts): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
        let mut observation = lab(scheduler, &weights);
        observation.trace = serial_trace(connections);
        let record = judge(&saw(observation, &counts));
        let sums = [
            record.servers.iter().map(|one| one.configured_share).collect::<Option<Vec<_>>>(),
            record.servers.iter().map(|one| one.observed_share).collect(),
            record.servers.iter().map(|one| one.expected_share).collect(),
        ];
        for shares in sums.into_iter().flatten() {
            let sum: f64 = shares.iter().map(|share| share.get()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
        }
        let json = serde_json::to_string(&record).unwrap();
        let parsed: Record = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&parsed).unwrap(), json);
    }

    /// The verdict of the exact schedulers looks at counts and weights alone; ties of lc and wlc
    /// depend on the order in which servers were added.
    #[test]
    fn the_order_of_servers_does_not_change_a_verdict_on_whole_cycles(
        scheduler in prop::sample::select(vec!["rr", "wrr"]),
        weights in prop::collection::vec(1u16..6, 2..5),
        cycles in 1u64..20,
        moved in 0u64..3,
    ) {
        let mut observation = lab(scheduler, &weights);
        let numbers: Vec<_> = observation.servers.iter().map(|one| one.weight).collect();
        let cycle = crate::model::cycle(&observation.service.scheduler, &numbers).unwrap();
        let mut counts: Vec<_> = cycle.quotas().iter().map(|quota| quota * cycles).collect();
        let moved = moved.min(counts[0]);
        counts[0] -= moved;
        counts[1] += moved;
        observation.trace = serial_trace(u32::try_from(cycle.length() * cycles).unwrap());
        let forward = saw(observation, &counts);
        let mut backward = forward.clone();
        backward.servers.reverse();
        prop_assert_eq!(judge(&forward).verdict, judge(&backward).verdict);
    }
}
