use proptest::prelude::*;

use super::*;
use crate::Share;
use crate::observation::Proof;
use crate::replay::{closed_loop_over_equal_servers, replay};
use crate::testing::{lab, saw, serial_trace, served};

fn kinds(record: &Record) -> Vec<String> {
    let reasons = record.reasons.iter();
    let kind = |finding: &Finding| serde_json::to_value(finding).unwrap()["kind"].to_string();
    reasons
        .map(|reason| kind(&reason.finding).replace('"', ""))
        .collect()
}

fn notes(record: &Record) -> Vec<&str> {
    let notes = record.explanations.iter();
    notes.map(|note| note.sentence.as_str()).collect()
}

fn sentences(record: &Record) -> Vec<&str> {
    let reasons = record.reasons.iter();
    reasons.map(|reason| reason.sentence.as_str()).collect()
}

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
fn swapped_weights_fail_under_wrr_and_wlc() {
    for (scheduler, kind) in [("wrr", "count-off"), ("wlc", "share-off")] {
        let mut observation = lab(scheduler, &[4, 1]);
        observation.trace = serial_trace(10_000);
        let record = judge(&saw(observation, &[2_000, 8_000]));
        assert_eq!(record.verdict, Verdict::Fail);
        assert_eq!(kinds(&record), [kind, kind]);
    }
}

#[test]
fn a_missed_share_is_told_in_numbers() {
    let mut observation = lab("wlc", &[4, 1]);
    observation.trace = serial_trace(10_000);
    let record = judge(&saw(observation, &[7_000, 3_000]));
    assert_eq!(
        sentences(&record)[0],
        "rs1 answered 70.0 % of the connections, 80.0 % were expected: 10.00 points apart, 2.00 \
         are tolerated."
    );
}

#[test]
fn one_connection_too_many_in_whole_cycles_of_wrr_fails() {
    let mut observation = lab("wrr", &[4, 1]);
    observation.trace = serial_trace(10_000);
    let record = judge(&saw(observation, &[8_001, 1_999]));
    assert_eq!(
        sentences(&record)[0],
        "rs1 answered 8,001 connections, wrr owes it 8,000 exactly."
    );
}

#[test]
fn an_unknown_start_within_the_cycle_of_wrr_passes() {
    // The model starts at the flat level: rs2 rs1 rs1 rs1 rs1.
    let mut observation = lab("wrr", &[4, 1]);
    observation.trace = serial_trace(10_001);
    let record = judge(&saw(observation, &[8_001, 2_000]));
    assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
}

#[test]
fn a_share_off_by_less_than_the_tolerance_passes() {
    let mut observation = lab("wlc", &[4, 1]);
    observation.trace = serial_trace(10_000);
    let record = judge(&saw(observation, &[7_850, 2_150]));
    assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
}

#[test]
fn a_dead_server_is_named_and_its_consequences_are_not() {
    let mut observation = served(lab("wrr", &[1, 1]), 1_000);
    let dead = &mut observation.servers[1];
    (dead.client_requests, dead.client_connections) = (0, 0);
    (dead.server_requests, dead.server_connections) = (0, 0);
    observation.load.requests_completed = 500;
    observation.load.requests_failed = 500;
    observation.load.errors = vec![("no response in time".to_owned(), 500)];
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
fn traffic_that_bypasses_the_director_fails_and_says_so() {
    let mut observation = saw(lab("wlc", &[4, 1]), &[10_000, 0]);
    observation.servers[0].kernel_connections = 0;
    let record = judge(&observation);
    assert_eq!(
        kinds(&record),
        ["connections-disagree", "nothing-scheduled"]
    );
    assert!(record.reasons[0].advice.contains("arp_ignore"));
    assert_eq!(record.verdict, Verdict::Fail);
}

#[test]
fn witnesses_that_disagree_fail_the_run() {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.servers[0].server_connections += 1;
    observation.servers[0].server_requests += 1;
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(
        sentences(&record),
        [
            "The witnesses disagree on connections to rs1: the client counted 500, the server \
             501, IPVS 500.",
            "The witnesses disagree on requests to rs1: the client counted 500, the server 501.",
        ]
    );
}

#[test]
fn a_connection_that_never_got_an_answer_excuses_one_difference() {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.load.connections_attempted += 1;
    observation.servers[0].server_connections += 1;
    assert_eq!(judge(&observation).verdict, Verdict::Pass);
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
    let record = judge(&saw(lab("sh", &[1, 1]), &[400, 600]));
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
fn too_few_connections_are_inconclusive_and_the_number_that_decides_is_told() {
    let few = |scheduler, connections| judge(&served(lab(scheduler, &[4, 1]), connections));
    let record = few("wlc", 100);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(record.reasons[0].advice, "Run 1,537 connections or more.");
    let record = few("wrr", 13);
    assert_eq!(record.reasons[0].advice, "Run 15 connections or more.");
    assert_eq!(few("wlc", 1_600).verdict, Verdict::Pass);
    assert_eq!(few("wrr", 15).verdict, Verdict::Pass);
}

#[test]
fn few_connections_decide_if_every_pick_is_known_to_be_the_models() {
    let mut observation = served(lab("wlc", &[4, 1]), 10);
    for segment in &mut observation.trace {
        if segment.from != crate::observation::Sender::Client {
            // The first is a tie, which goes to the server added last.
            let heavy = u8::from(segment.client != crate::testing::client(0));
            segment.from =
                crate::observation::Sender::Server(crate::testing::server_address(2 - heavy));
        }
    }
    let record = judge(&observation);
    let picks = record.pick_agreement.unwrap();
    assert_eq!((picks.compared, picks.agreed), (10, 9));
    assert_eq!(record.verdict, Verdict::Inconclusive);
    observation.tolerance = 0.1;
    assert_eq!(judge(&observation).verdict, Verdict::Pass);
}

#[test]
fn a_load_that_stopped_early_is_inconclusive() {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.load.requests_planned = 2_000;
    observation.load.stopped_early = Some("interrupted".to_owned());
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        sentences(&record),
        ["The load stopped early after 1,000 of 2,000 requests: interrupted."]
    );
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
    assert_eq!(
        notes(&record),
        ["lc ignores weights: every real server whose weight is not 0 is owed the same share."]
    );
    assert_eq!(notes(&judge(&served(lab("lc", &[2, 2]), 10_000))), [""; 0]);
}

#[test]
fn wlc_under_concurrency_says_why_the_weights_are_not_met() {
    let mut observation = lab("wlc", &[4, 1]);
    observation.load.concurrency = 10;
    observation.trace = closed_loop_over_equal_servers("wlc", 10_000, 10);
    let prediction = replay(&observation).unwrap();
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
        [
            "wrr is exact: every 5 connections in a row are shared 4:1:0.",
            "rs3 has weight 0 and gets no new connections.",
            "1,000 requests travelled on 10. IPVS schedules connections, so shares are of \
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
