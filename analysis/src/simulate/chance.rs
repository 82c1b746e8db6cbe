//! What a plan's shares depend on: it saves work that nobody would see the result of.

use director_setup::{Scheduler, ServiceFlags, Thresholds};

use super::plan::{Arrivals, Ending, Moment, Plan};
use crate::model::Determinism;

/// What of its connections the director looks at when it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watched {
    /// None: they are forgotten as soon as they are scheduled.
    Nothing,
    /// The open ones: they are forgotten when they are closed.
    Open,
    /// The closed ones too, until their entries expire.
    Everything,
}

pub(super) fn watched(plan: &Plan) -> Watched {
    let flags = plan.service.model.flags;
    if plan.ending == Ending::Udp && flags.contains(ServiceFlags::ONE_PACKET) {
        return Watched::Nothing;
    }
    let has_thresholds = |thresholds: Thresholds| thresholds.upper > 0;
    if plan.service.persistence.is_some()
        || plan
            .servers
            .iter()
            .any(|one| has_thresholds(one.thresholds))
    {
        return Watched::Everything;
    }
    match plan.service.model.scheduler {
        Scheduler::RoundRobin
        | Scheduler::WeightedRoundRobin
        | Scheduler::WeightedFailOver
        | Scheduler::DestinationHashing
        | Scheduler::SourceHashing
        | Scheduler::MaglevHashing => Watched::Nothing,
        Scheduler::ShortestExpectedDelay | Scheduler::NeverQueue | Scheduler::WeightedOverflow => {
            Watched::Open
        }
        _ => Watched::Everything,
    }
}

/// Whether runs of different seeds can differ.
pub(super) fn depends_on_chance(plan: &Plan) -> bool {
    let determinism = Determinism::of(&plan.service.model.scheduler);
    determinism == Some(Determinism::LoadAndChance)
        || (looks_at_time(plan) && has_random_times(plan))
        || looks_at_random_addresses(plan)
}

fn looks_at_time(plan: &Plan) -> bool {
    let by_time = |when| matches!(when, Moment::Time(_));
    watched(plan) > Watched::Nothing
        || plan.service.persistence.is_some()
        || plan.changes.iter().any(|one| by_time(one.when))
        || looks_at_destinations(plan)
}

fn has_random_times(plan: &Plan) -> bool {
    let is_poisson = matches!(plan.load.arrivals, Arrivals::Poisson(_));
    is_poisson || plan.load.service_time.is_random()
}

fn looks_at_destinations(plan: &Plan) -> bool {
    matches!(
        plan.service.model.scheduler,
        Scheduler::DestinationHashing
            | Scheduler::LocalityBasedLeastConnection
            | Scheduler::LocalityBasedLeastConnectionReplication
    )
}

fn looks_at_random_addresses(plan: &Plan) -> bool {
    let looks_at_clients = plan.service.persistence.is_some()
        || matches!(
            plan.service.model.scheduler,
            Scheduler::SourceHashing | Scheduler::MaglevHashing
        );
    (looks_at_clients && plan.load.clients.is_random())
        || (looks_at_destinations(plan) && plan.load.destinations.is_random())
}
