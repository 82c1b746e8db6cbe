//! Advice on the size of the run.

use super::{Advice, Plan};
use crate::Share;
use crate::model::{Determinism, cycle};
use crate::statistics::connections_to_decide;

pub(super) fn advise(plan: &Plan) -> Option<Advice> {
    if plan.connections == 0 {
        return None;
    }
    match plan.determinism()? {
        Determinism::Cycle => incomplete_cycle(plan),
        Determinism::Load | Determinism::LoadAndChance => too_few(plan),
        Determinism::Configuration | Determinism::Key => None,
    }
}

/// The verdict's own rule: the rest of a cycle must be less than the tolerance.
fn incomplete_cycle(plan: &Plan) -> Option<Advice> {
    let connections = plan.connections;
    let cycle = cycle(plan.scheduler(), &plan.weights())?;
    let quotas = cycle.quotas().iter();
    let slack = quotas.map(|&quota| cycle.slack(quota, connections)).max()?;
    let undecided = Share::of(slack, connections)?;
    let matters = connections < cycle.length() || undecided > plan.tolerance;
    matters.then(|| Advice::IncompleteCycle {
        scheduler: plan.scheduler().to_string(),
        connections,
        length: cycle.length(),
        needed: cycle.whole_cycles(connections),
    })
}

fn too_few(plan: &Plan) -> Option<Advice> {
    let (connections, tolerance) = (plan.connections, plan.tolerance);
    let shares = plan.configured().into_iter();
    let needed = shares
        .map(|share| connections_to_decide(share, tolerance))
        .max()?;
    (connections < needed).then_some(Advice::TooFewConnections {
        connections,
        needed,
        tolerance,
    })
}
