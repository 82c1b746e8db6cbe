//! Advice on schedulers whose shares depend on what is open.

use director_setup::Scheduler;

use super::forecast::{Turns, forecast};
use super::hashing::differs;
use super::{Advice, Plan};
use crate::Share;
use crate::model::Determinism;

/// From this share on a server gets "nearly every" connection.
const NEARLY_ALL: f64 = 0.995;

pub(super) fn advise(plan: &Plan) -> Vec<Advice> {
    let mut all: Vec<_> = shares_by_load(plan).into_iter().collect();
    let draws_lots = plan.determinism() == Some(Determinism::LoadAndChance);
    if draws_lots && plan.eligible().count() > 1 {
        let scheduler = plan.scheduler().to_string();
        all.push(Advice::Random { scheduler });
    }
    all
}

/// That lc ignores weights is said elsewhere, and so is that lblc and lblcr have one destination;
/// under persistence clients are shared, which no forecast by connections tells.
fn shares_by_load(plan: &Plan) -> Option<Advice> {
    let depends = matches!(
        plan.determinism()?,
        Determinism::Load | Determinism::LoadAndChance | Determinism::Configuration
    );
    let said_elsewhere = match plan.scheduler() {
        Scheduler::LeastConnection => true,
        Scheduler::LocalityBasedLeastConnection
        | Scheduler::LocalityBasedLeastConnectionReplication => plan.destinations == 1,
        _ => false,
    };
    let limited = plan
        .servers
        .iter()
        .any(|one| one.settings.thresholds.upper > 0);
    if !depends || said_elsewhere || limited || plan.persistence.is_some() {
        return None;
    }
    let own_time = forecast(plan, Turns::OwnTime)?;
    let one_at_a_time = forecast(plan, Turns::OneAtATime)?;
    let configured = plan.configured();
    if !differs(&own_time, &configured) && !differs(&one_at_a_time, &configured) {
        return None;
    }
    let decides = || Advice::LoadDecides {
        scheduler: plan.scheduler().to_string(),
        concurrency: plan.concurrency,
        weights: plan.weight_numbers(),
        own_time: own_time.clone(),
        one_at_a_time,
        configured,
    };
    Some(one_server(plan, &own_time).unwrap_or_else(decides))
}

fn one_server(plan: &Plan, expected: &[Share]) -> Option<Advice> {
    let mut pairs = plan.servers.iter().zip(expected);
    let (server, _) = pairs.find(|(_, share)| share.get() >= NEARLY_ALL)?;
    Some(Advice::OneServerTakesAll {
        scheduler: plan.scheduler().to_string(),
        concurrency: plan.concurrency,
        server: server.name.clone(),
    })
}
