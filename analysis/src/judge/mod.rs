//! From what was seen to a verdict with its reasons.

mod advice;
mod contradictions;
mod expectation;
mod explanation;
mod finding;
mod keys;
mod refusals;
mod sentences;
mod verdict;
mod witnesses;
mod yardstick;

use crate::advice::{Advice, Plan, advise};
use crate::observation::Observation;
use crate::record::Record;

pub(crate) use expectation::Expectation;
pub use explanation::Explanation;
pub use finding::Finding;
pub use keys::{KeyPopulation, ServerKeys};
pub use verdict::Verdict;
pub use yardstick::IntervalKind;

/// Judges one run.
///
/// The verdict is the worst of its [findings](Finding): any that says so fails the run, any other
/// makes it inconclusive, and only a run without findings passes. Consequences are not reported
/// beside their cause: where a real server is silent, its share is not judged; where requests
/// failed, the witnesses need not agree. Requests that failed because the scheduler must refuse
/// their connections are no failure.
///
/// The record also has the [advice](crate::advice) that the configuration deserves, but for what
/// an explanation or a finding says better.
///
/// [`Observation::tolerance`] is clamped to 0 to 1; a tolerance that is not a number counts as 0.
pub fn judge(observation: &Observation) -> Record {
    let expectation = Expectation::of(observation);
    let findings = findings(observation, &expectation);
    let expectation = expectation.ok();
    let explanations = explanation::explanations(observation, expectation.as_ref());
    let mut advice = advise(&Plan::of(observation));
    advice.retain(|advice| {
        let mut explained = explanations.iter();
        !advice.is_about_the_sample() && !explained.any(|one| one.says_better_than(advice))
    });
    let judgement = Judgement {
        expectation,
        findings,
        explanations,
        advice,
    };
    Record::assemble(observation, judgement)
}

/// All that a run's record says beside what was observed.
pub(crate) struct Judgement {
    pub(crate) expectation: Option<Expectation>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) explanations: Vec<Explanation>,
    pub(crate) advice: Vec<Advice>,
}

fn findings(observation: &Observation, expectation: &Result<Expectation, Finding>) -> Vec<Finding> {
    let silent = witnesses::silent_servers(observation);
    let on_shares = match expectation {
        Err(why) => vec![why.clone()],
        Ok(_) if !silent.is_empty() => Vec::new(),
        Ok(expectation) => yardstick::findings(observation, expectation),
    };
    let refused = expected_refusals(observation, expectation);
    let nothing_failed = observation.load.requests_failed == 0 || refused > 0;
    let disagreements = if silent.is_empty() && nothing_failed {
        witnesses::disagreements(observation, refused)
    } else {
        Vec::new()
    };
    let mut findings: Vec<_> = failed_proofs(observation)
        .chain(silent)
        .chain(failed_requests(observation).filter(|_| !nothing_failed))
        .chain(disagreements)
        .chain(on_shares)
        .chain(stopped_early(observation))
        .collect();
    // A stable sort: the worst first, causes before consequences.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict()));
    findings
}

/// Requests that failed because the scheduler refused their connections as it must; 0 if any
/// failed otherwise.
fn expected_refusals(observation: &Observation, expectation: &Result<Expectation, Finding>) -> u64 {
    let load = &observation.load;
    match expectation {
        Ok(expectation) if refusals::are_expected(load, expectation.refused) => {
            load.requests_failed
        }
        _ => 0,
    }
}

fn failed_proofs(observation: &Observation) -> impl Iterator<Item = Finding> {
    let failed = observation.proofs.iter().filter(|proof| !proof.holds);
    failed.map(|proof| Finding::ProofFailed {
        claim: proof.claim.clone(),
        seen: proof.seen.clone(),
    })
}

fn failed_requests(observation: &Observation) -> Option<Finding> {
    let load = &observation.load;
    (load.requests_failed > 0).then(|| Finding::RequestsFailed {
        failed: load.requests_failed,
        requests: load.requests_started(),
        errors: load.errors.clone(),
    })
}

fn stopped_early(observation: &Observation) -> Option<Finding> {
    let load = &observation.load;
    load.stopped_early.map(|reason| Finding::StoppedEarly {
        reason,
        completed: load.requests_completed,
        requests: load.requests_planned,
    })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
