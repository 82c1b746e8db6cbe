//! Advice on weights, thresholds and persistence, whatever the scheduler.

use director_setup::{Scheduler, Weight};

use super::{Advice, Plan, WORTH_A_WORD};
use crate::model::Determinism;

/// The largest weight that ipvsadm 1.31 takes as its authors publish it; Debian's takes more.
const LARGEST_OF_IPVSADM: u32 = 65_535;

pub(super) fn nobody_is_eligible(plan: &Plan) -> Option<Advice> {
    let servers = plan.servers.len() as u64;
    let nobody = plan.eligible().next().is_none();
    nobody.then_some(Advice::NobodyEligible { servers })
}

pub(super) fn advise(plan: &Plan) -> Vec<Advice> {
    let mut all: Vec<_> = weights_ignored(plan).into_iter().collect();
    all.extend(clients_stay(plan));
    all.extend(thresholds_fill(plan));
    all.extend(quiesced(plan));
    all.extend(beyond_ipvsadm(plan));
    all.extend(few_connections(plan));
    all
}

/// dh with a single destination has weightier advice.
fn weights_ignored(plan: &Plan) -> Option<Advice> {
    let ignores = match plan.scheduler() {
        Scheduler::RoundRobin | Scheduler::LeastConnection => true,
        Scheduler::DestinationHashing => plan.destinations > 1,
        _ => false,
    };
    let equal = 1.0 / plan.eligible().count() as f64;
    let configured = plan.configured();
    let mut shares = configured.iter().filter(|share| share.get() > 0.0);
    let matters = shares.any(|share| (share.get() - equal).abs() > WORTH_A_WORD);
    (ignores && matters).then(|| Advice::WeightsIgnored {
        scheduler: plan.scheduler().to_string(),
    })
}

fn clients_stay(plan: &Plan) -> Option<Advice> {
    let persistence = plan.persistence.as_ref()?;
    Some(Advice::ClientsStay {
        clients: plan.client_addresses,
        timeout_seconds: persistence.timeout_seconds,
    })
}

fn thresholds_fill(plan: &Plan) -> Option<Advice> {
    let uppers = plan.eligible().map(|one| one.settings.thresholds.upper);
    let uppers: Vec<_> = uppers.collect();
    let limited = uppers.iter().all(|&upper| upper > 0);
    let room = uppers.into_iter().map(u64::from).sum();
    let connections = plan.connections;
    (limited && room < connections).then_some(Advice::ThresholdsFill { room, connections })
}

/// Where such a server keeps a place in a table, other advice says so.
fn quiesced(plan: &Plan) -> impl Iterator<Item = Advice> {
    let hashes = plan.determinism() == Some(Determinism::Key);
    let servers = plan.servers.iter();
    let quiesced = servers.filter(move |one| !hashes && one.settings.weight == Weight::ZERO);
    quiesced.map(|server| Advice::Quiesced {
        server: server.name.clone(),
    })
}

fn beyond_ipvsadm(plan: &Plan) -> impl Iterator<Item = Advice> {
    let servers = plan.servers.iter();
    let beyond = servers.filter(|one| one.settings.weight.get() > LARGEST_OF_IPVSADM);
    beyond.map(|server| Advice::WeightBeyondIpvsadm {
        server: server.name.clone(),
        weight: server.settings.weight.get(),
    })
}

fn few_connections(plan: &Plan) -> Option<Advice> {
    let (connections, requests) = (plan.connections, plan.requests);
    (connections > 0 && requests > connections).then_some(Advice::FewConnections {
        connections,
        requests,
    })
}
