//! Connections that the scheduler must refuse.

use director_setup::Weight;

use super::expectation::little;
use crate::model::Determinism;
use crate::observation::{LoadObservation, Observation};

/// The class of failure that a refusal is to a client: IPVS answers with "port unreachable".
const REFUSED: &str = "connect-refused";

/// Whether all that failed are the connections that the scheduler refuses: as many, and so.
pub(super) fn are_expected(load: &LoadObservation, refused: u64) -> bool {
    let as_refusals = load
        .errors
        .iter()
        .filter(|tally| tally.code == REFUSED)
        .fold(0, |sum: u64, tally| sum.saturating_add(tally.count));
    let failed = load.requests_failed;
    refused > 0
        && failed > 0
        && as_refusals == failed
        && failed.abs_diff(refused) <= little(refused)
}

/// Why the scheduler must refuse, as a clause.
pub(super) fn reason(observation: &Observation) -> &'static str {
    let mut servers = observation.servers.iter();
    let has_weight = |weight: Weight| weight > Weight::ZERO;
    let hashes = Determinism::of(&observation.service.scheduler) == Some(Determinism::Key);
    let some_quiesced = observation
        .servers
        .iter()
        .any(|one| !has_weight(one.weight));
    if !servers.any(|one| has_weight(one.weight)) {
        "no real server has a weight above 0"
    } else if hashes && some_quiesced {
        "their hash leads to a real server of weight 0"
    } else if hashes {
        "their hash leads to a real server that is full"
    } else {
        "every real server was full"
    }
}

#[cfg(test)]
mod tests {
    use crate::observation::Observation;
    use crate::synthetic::{lab, served};
    use crate::testing::{kinds, notes, tally};
    use crate::{Verdict, judge};

    /// A load of which so many requests were refused.
    fn refused(mut observation: Observation, refused: u64) -> Observation {
        let load = &mut observation.load;
        load.requests_planned += refused;
        load.connections_attempted += refused;
        load.requests_failed = refused;
        load.errors = vec![tally("connect-refused", "connect refused", refused)];
        observation
    }

    #[test]
    fn refusals_that_the_hash_asks_for_are_explained_and_no_failure() {
        let observation = served(lab("sh", &[1, 0]), 1_000);
        let taken = observation.client_connections();
        let record = judge(&refused(observation, 1_000 - taken));
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
        let expected = format!(
            "sh refused {} connections as it must: their hash leads to a real server of weight 0.",
            1_000 - taken
        );
        assert!(notes(&record).contains(&expected.as_str()), "{record:?}");
    }

    #[test]
    fn more_refusals_than_the_model_predicts_are_a_failure() {
        let observation = served(lab("sh", &[1, 0]), 1_000);
        let taken = observation.client_connections();
        let record = judge(&refused(observation, 1_100 - taken));
        assert_eq!(kinds(&record), ["requests-failed"]);
    }

    #[test]
    fn another_failure_beside_the_refusals_is_a_failure() {
        let observation = served(lab("sh", &[1, 0]), 1_000);
        let taken = observation.client_connections();
        let mut observation = refused(observation, 1_000 - taken);
        observation.load.errors[0].count -= 1;
        let timed_out = tally("response-timed-out", "no response in time", 1);
        observation.load.errors.push(timed_out);
        assert_eq!(kinds(&judge(&observation)), ["requests-failed"]);
    }

    #[test]
    fn a_service_of_weight_0_refuses_everything_and_that_is_right() {
        let observation = refused(served(lab("wlc", &[0, 0]), 50), 50);
        let record = judge(&observation);
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
        let expected =
            "wlc refused 50 connections as it must: no real server has a weight above 0.";
        assert_eq!(notes(&record), [expected]);
    }
}
