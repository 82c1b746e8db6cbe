//! From what was seen to a verdict with its reasons.

mod advice;
mod expectation;
mod explanation;
mod finding;
mod sentences;
mod shares;
mod verdict;
mod witnesses;

use crate::observation::Observation;
use crate::record::Record;

pub(crate) use expectation::Expectation;
pub use explanation::Explanation;
pub use finding::Finding;
pub use verdict::Verdict;

/// Judges one run.
///
/// The verdict is the worst of its [findings](Finding): any that says so fails the run, any other
/// makes it inconclusive, and only a run without findings passes. Consequences are not reported
/// beside their cause: where a real server is silent, its share is not judged; where requests
/// failed, the witnesses need not agree.
///
/// [`Observation::tolerance`] is clamped to 0 to 1; a tolerance that is not a number counts as 0.
pub fn judge(observation: &Observation) -> Record {
    let expectation = Expectation::of(observation);
    let findings = findings(observation, &expectation);
    let expectation = expectation.ok();
    let explanations = explanation::explanations(observation, expectation.as_ref());
    Record::assemble(observation, expectation.as_ref(), findings, explanations)
}

fn findings(observation: &Observation, expectation: &Result<Expectation, Finding>) -> Vec<Finding> {
    let silent = witnesses::silent_servers(observation);
    let on_shares = match expectation {
        Err(why) => vec![why.clone()],
        Ok(_) if !silent.is_empty() => Vec::new(),
        Ok(expectation) => shares::findings(observation, expectation),
    };
    let disagreements = if silent.is_empty() && observation.load.requests_failed == 0 {
        witnesses::disagreements(observation)
    } else {
        Vec::new()
    };
    let mut findings: Vec<_> = failed_proofs(observation)
        .chain(silent)
        .chain(failed_requests(observation))
        .chain(disagreements)
        .chain(on_shares)
        .chain(stopped_early(observation))
        .collect();
    // A stable sort: the worst first, causes before consequences.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict()));
    findings
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
mod tests;
