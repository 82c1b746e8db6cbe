use std::net::Ipv4Addr;

use director_setup::{Netmask, Persistence};

use crate::judge::IntervalKind;
use crate::observation::{Observation, Sender};
use crate::testing::{
    client, closed_loop, kinds, lab, saw, sentences, serial_trace, served, server_address,
};
use crate::{Verdict, judge};

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
fn too_few_draws_are_inconclusive_and_the_number_that_decides_is_told() {
    let few = |connections| judge(&served(lab("wlc", &[4, 1]), connections));
    let record = few(100);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        sentences(&record),
        ["100 connections cannot show a difference as small as the tolerance."]
    );
    assert_eq!(record.reasons[0].advice, "Run 1,537 connections or more.");
    assert_eq!(few(1_600).verdict, Verdict::Pass);
}

#[test]
fn an_incomplete_cycle_is_inconclusive_and_whole_ones_are_asked_for() {
    let few = |connections| judge(&served(lab("wrr", &[4, 1]), connections));
    let record = few(13);
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(
        sentences(&record),
        [
            "Only whole cycles are shared exactly, and 13 connections make no whole number of cycles \
          of 5."
        ]
    );
    assert_eq!(
        record.reasons[0].advice,
        "Run 15 connections or another multiple of 5."
    );
    assert_eq!(few(15).verdict, Verdict::Pass);
}

/// The observation whose trace names the server of each connection: the n-th of `picks`.
fn with_picks(mut observation: Observation, picks: &[u8]) -> Observation {
    for (n, &pick) in (0..).zip(picks) {
        let trace = observation.trace.iter_mut();
        let answers = trace.filter(|one| one.client == client(n) && one.from != Sender::Client);
        answers.for_each(|one| one.from = Sender::Server(server_address(pick)));
    }
    observation
}

#[test]
fn few_connections_decide_if_every_pick_is_known_to_be_the_models() {
    let served = || served(lab("wlc", &[4, 1]), 10);
    // The first is a tie, which goes to the server added last; so is the sixth.
    let mut observation = with_picks(served(), &[2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    let record = judge(&observation);
    let picks = record.pick_agreement.unwrap();
    assert_eq!((picks.compared, picks.agreed), (10, 9));
    assert_eq!(record.verdict, Verdict::Inconclusive);
    observation.tolerance = 0.1;
    assert_eq!(judge(&observation).verdict, Verdict::Pass);
}

#[test]
fn an_incomplete_cycle_decides_if_every_pick_is_known_to_be_the_models() {
    let served = || served(lab("wrr", &[4, 1]), 7);
    let cycle = [2, 1, 1, 1, 1, 2, 1];
    let proved = judge(&with_picks(served(), &cycle));
    assert_eq!(proved.pick_agreement.unwrap().agreed, 7);
    assert_eq!(proved.verdict, Verdict::Pass, "{:?}", proved.reasons);
    let one_pick_unknown = judge(&with_picks(served(), &cycle[..6]));
    assert_eq!(kinds(&one_pick_unknown), ["too-few-connections"]);
    let another_phase = judge(&with_picks(served(), &[1, 1, 1, 1, 2, 1, 1]));
    assert_eq!(kinds(&another_phase), ["too-few-connections"]);
}

/// The n-th of many service times, between 100 µs and 2 ms.
fn service_time(n: u32) -> u64 {
    100 + u64::from(n.wrapping_mul(2_654_435_761) >> 16) % 1_900
}

/// wlc with weights 4:1 and ten connections at a time, on a machine of several CPUs.
fn tutorial_on_several_cpus() -> Observation {
    let mut observation = lab("wlc", &[4, 1]);
    "native".clone_into(&mut observation.engine);
    observation.load.concurrency = 10;
    observation.trace = closed_loop(10_000, 10, service_time);
    observation
}

#[test]
fn the_tutorials_experiment_decides_on_several_cpus() {
    let observation = tutorial_on_several_cpus();
    let picks = crate::replay::replay(&observation, 0).unwrap().picks;
    let record = judge(&saw(observation, &picks));
    assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
    assert_eq!(record.interval, Some(IntervalKind::Wilson));
    for server in &record.servers {
        let allowed = server.expected_interval.unwrap();
        assert!(allowed.low <= server.expected_share.unwrap());
        assert!(allowed.reach() < 0.02, "{allowed:?}");
    }
}

#[test]
fn weights_swapped_on_several_cpus_still_fail() {
    let observation = tutorial_on_several_cpus();
    let mut picks = crate::replay::replay(&observation, 0).unwrap().picks;
    picks.reverse();
    let record = judge(&saw(observation, &picks));
    assert_eq!(kinds(&record), ["share-off", "share-off"]);
}

#[test]
fn twos_is_expected_with_a_spread_over_seeds() {
    let mut observation = lab("twos", &[4, 1]);
    observation.trace = serial_trace(10_000);
    let other_seed = crate::replay::replay(&observation, 1_000).unwrap().picks;
    let record = judge(&saw(observation.clone(), &other_seed));
    assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
    assert_eq!(record.interval, Some(IntervalKind::Seeds));
    assert_eq!(record.pick_agreement, None);
    let record = judge(&saw(observation, &[7_000, 3_000]));
    assert_eq!(kinds(&record), ["share-off", "share-off"]);
}

#[test]
fn connections_of_one_persistent_client_are_one_draw() {
    let mut observation = lab("wlc", &[4, 1]);
    observation.service.persistence = Some(Persistence {
        timeout_seconds: 300,
        netmask: Netmask::Ipv4(Ipv4Addr::new(255, 255, 255, 0)),
    });
    // The 2,000 addresses lie in 8 networks of 256.
    let record = judge(&served(observation, 2_000));
    assert_eq!(kinds(&record), ["too-few-keys"]);
    assert_eq!(
        sentences(&record),
        [
            "What is shared are clients by their client address, and 8 cannot show a difference as \
             small as the tolerance."
        ]
    );
}

/// A hash with a trace that lost most of its segments.
fn with_holes(scheduler: &str, counts: &[u64]) -> Observation {
    let mut observation = lab(scheduler, &vec![1; counts.len()]);
    observation.trace = serial_trace(3_000);
    let mut observation = saw(observation, counts);
    for server in &mut observation.servers {
        server.kernel_connections *= 2;
        server.client_connections *= 2;
        server.server_connections *= 2;
        server.client_requests *= 2;
        server.server_requests *= 2;
    }
    observation.load.connections_attempted *= 2;
    observation
}

#[test]
fn without_a_trace_to_replay_keys_are_held_against_the_table() {
    let record = judge(&with_holes("mh", &[1_530, 1_470]));
    assert_eq!(record.interval, Some(IntervalKind::Keys));
    assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
    let record = judge(&with_holes("mh", &[1_800, 1_200]));
    assert_eq!(kinds(&record), ["share-off", "share-off"]);
    let mut few = with_holes("mh", &[1_500, 1_500]);
    few.trace = serial_trace(100);
    assert_eq!(kinds(&judge(&few)), ["too-few-keys"]);
    let mut nothing = with_holes("mh", &[1_500, 1_500]);
    nothing.trace.clear();
    assert_eq!(kinds(&judge(&nothing)), ["trace-incomplete"]);
}
