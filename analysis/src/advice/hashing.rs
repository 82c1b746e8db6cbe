//! Advice on the tables of hashing schedulers, and on their keys.

use director_setup::{Scheduler, Weight};

use super::{Advice, Key, Plan, WORTH_A_WORD};
use crate::Share;
use crate::model::{TableShares, maglev_turns, table_shares};
use crate::statistics::connections_to_decide;

/// `IP_VS_SH_TAB_SIZE`.
const SH_BUCKETS: u64 = 256;

pub(super) fn advise(plan: &Plan) -> Vec<Advice> {
    let mut all: Vec<_> = one_key(plan).into_iter().collect();
    let Ok(servers) = plan.real_servers() else {
        return all;
    };
    let Some(table) = table_shares(&plan.model, &servers) else {
        return all;
    };
    all.extend(refused(plan, &table));
    let on_weights = match plan.scheduler() {
        Scheduler::SourceHashing => starved(plan, &table).or_else(|| granularity(plan, &table)),
        Scheduler::MaglevHashing => clamped(plan, &table).or_else(|| granularity(plan, &table)),
        _ => None,
    };
    all.extend(on_weights);
    all.extend(few_keys(plan, &table));
    all
}

/// lblc and lblcr remember by destination what dh hashes.
fn one_key(plan: &Plan) -> Option<Advice> {
    let (key, keys) = match plan.scheduler() {
        Scheduler::LocalityBasedLeastConnection
        | Scheduler::LocalityBasedLeastConnectionReplication => {
            (Key::Destination, plan.destinations)
        }
        _ => (plan.key()?, plan.keys()?),
    };
    (keys == 1 && plan.eligible().count() > 1).then(|| Advice::OneKey {
        scheduler: plan.scheduler().to_string(),
        key,
    })
}

fn few_keys(plan: &Plan, table: &TableShares) -> Option<Advice> {
    let (key, keys) = (plan.key()?, plan.keys()?);
    let shares = table.servers.iter();
    let needed = shares
        .map(|&share| connections_to_decide(share, plan.tolerance))
        .max()?;
    (keys > 1 && keys < needed).then(|| Advice::FewKeys {
        scheduler: plan.scheduler().to_string(),
        key,
        keys,
        needed,
    })
}

fn refused(plan: &Plan, table: &TableShares) -> Option<Advice> {
    let quiesced = plan.servers.iter();
    let quiesced = quiesced.filter(|one| one.settings.weight == Weight::ZERO);
    (table.refused.get() > WORTH_A_WORD).then(|| Advice::HashedToQuiesced {
        scheduler: plan.scheduler().to_string(),
        servers: quiesced.map(|one| one.name.clone()).collect(),
        refused: table.refused,
    })
}

fn starved(plan: &Plan, table: &TableShares) -> Option<Advice> {
    let weights = plan.weights();
    let asked = weights
        .iter()
        .map(|weight| u64::from(weight.get().max(1)))
        .sum();
    let pairs = plan.servers.iter().zip(&table.servers);
    let starved = pairs
        .filter(|(one, share)| one.settings.weight > Weight::ZERO && **share == Share::ZERO)
        .map(|(one, _)| one.name.clone())
        .collect::<Vec<_>>();
    (!starved.is_empty()).then_some(Advice::Starved {
        servers: starved,
        asked,
        buckets: SH_BUCKETS,
    })
}

fn clamped(plan: &Plan, table: &TableShares) -> Option<Advice> {
    let turns = maglev_turns(&plan.weights(), plan.model.maglev_table);
    let whole = turns.iter().copied().map(u64::from).sum();
    let by_turns = turns.iter().map(|&one| Share::of(one.into(), whole));
    let by_turns = by_turns.collect::<Option<Vec<_>>>()?;
    differs(&by_turns, &plan.configured()).then(|| Advice::RatioClamped {
        weights: plan.weight_numbers(),
        turns,
        table: table.servers.clone(),
    })
}

/// What weight 0 takes from the others has its own advice.
fn granularity(plan: &Plan, table: &TableShares) -> Option<Advice> {
    let configured = plan.configured();
    let matters = table.refused == Share::ZERO && differs(&table.servers, &configured);
    matters.then(|| Advice::TableGranularity {
        scheduler: plan.scheduler().to_string(),
        weights: plan.weight_numbers(),
        table: table.servers.clone(),
        configured,
    })
}

/// Whether some share lies further from the other than needs no word.
pub(super) fn differs(ones: &[Share], others: &[Share]) -> bool {
    let mut pairs = ones.iter().zip(others);
    pairs.any(|(one, other)| one.minus(*other).abs() > WORTH_A_WORD)
}
