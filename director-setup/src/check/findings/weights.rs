//! Weights that leave nobody, or that the scheduler does not look at.

use std::collections::BTreeSet;

use super::super::snapshot::ConfiguredService;
use super::super::{Finding, Object, Severity, Snapshot, commands};
use crate::{Scheduler, Weight};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let services = snapshot.services.iter();
    services
        .filter_map(|service| {
            no_scheduler(service)
                .or_else(|| nobody(service))
                .or_else(|| ignored(service))
        })
        .collect()
}

fn object(service: &ConfiguredService) -> Object {
    let service = service.service.key;
    Object::Service { service }
}

fn no_scheduler(service: &ConfiguredService) -> Option<Finding> {
    if service.service.scheduler.name() != "none" {
        return None;
    }
    let explanation = "The service has no scheduler: IPVS refuses every new connection.";
    let finding = Finding::new(
        "no-scheduler",
        Severity::Error,
        object(service),
        explanation,
    );
    let mended = Scheduler::WeightedLeastConnection;
    Some(finding.mended_by(commands::with_scheduler(&service.service, &mended)))
}

fn nobody(service: &ConfiguredService) -> Option<Finding> {
    let Some(first) = service.servers.first() else {
        let explanation = "The service has no real server: IPVS refuses every connection with an \
            ICMP \"port unreachable\".";
        let finding = Finding::new("no-servers", Severity::Error, object(service), explanation);
        let named = commands::named(&service.service.key);
        return Some(finding.mended_by(format!("director-setup ipvsadm -a {named} -r ADDRESS")));
    };
    if !service.working_weights().is_empty() {
        return None;
    }
    let explanation = "Every real server has weight 0: connections that there are go on, and every \
        new one is refused.";
    let finding = Finding::new(
        "all-weights-zero",
        Severity::Error,
        object(service),
        explanation,
    );
    let mended = first.clone().with_weight(Weight::ONE);
    Some(finding.mended_by(commands::edit_server(&service.service.key, &mended)))
}

/// 0 is heeded by all of them but dh, which refuses the clients of such a server.
fn ignored(service: &ConfiguredService) -> Option<Finding> {
    let instead = match service.service.scheduler {
        Scheduler::RoundRobin => Scheduler::WeightedRoundRobin,
        Scheduler::LeastConnection => Scheduler::WeightedLeastConnection,
        Scheduler::DestinationHashing => Scheduler::SourceHashing,
        _ => return None,
    };
    let weights = service.working_weights();
    let different: BTreeSet<u32> = weights.iter().copied().collect();
    if different.len() < 2 {
        return None;
    }
    let weights: Vec<String> = weights.iter().map(u32::to_string).collect();
    let explanation = format!(
        "Scheduler {} treats all weights but 0 alike, so {} give equal shares.",
        service.service.scheduler,
        weights.join(", ")
    );
    let finding = Finding::new(
        "weights-ignored",
        Severity::Warning,
        object(service),
        explanation,
    );
    Some(finding.mended_by(commands::with_scheduler(&service.service, &instead)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_is, only, server, service, snapshot};
    use super::*;
    use crate::Forwarding;

    fn found(scheduler: Scheduler, weights: &[u32]) -> Vec<Finding> {
        let servers = (2..).zip(weights);
        let servers = servers.map(|(last, weight)| server(last, Forwarding::Nat, *weight));
        find(&snapshot(vec![service(scheduler, servers.collect())]))
    }

    #[test]
    fn a_service_that_refuses_everybody_is_an_error() {
        let finding = only(found(Scheduler::RoundRobin, &[]));
        assert_is(&finding, "no-servers", Severity::Error);
        let finding = only(found(Scheduler::RoundRobin, &[0, 0]));
        assert_is(&finding, "all-weights-zero", Severity::Error);
        let finding = only(found(Scheduler::from("none"), &[1]));
        assert_is(&finding, "no-scheduler", Severity::Error);
        assert_eq!(found(Scheduler::RoundRobin, &[0, 1]), []);
    }

    #[test]
    fn different_weights_are_lost_on_a_scheduler_without_weights() {
        for scheduler in [
            Scheduler::RoundRobin,
            Scheduler::LeastConnection,
            Scheduler::DestinationHashing,
        ] {
            let finding = only(found(scheduler.clone(), &[4, 1]));
            assert_is(&finding, "weights-ignored", Severity::Warning);
            assert_eq!(found(scheduler, &[4, 0, 4]), []);
        }
        assert_eq!(found(Scheduler::WeightedRoundRobin, &[4, 1]), []);
    }
}
