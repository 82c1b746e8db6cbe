//! A plan in the words of its outcome.

use director_setup::ServiceFlags;
use serde::Serialize;

use super::discipline::Discipline;
use super::plan::{Arrivals, Close, Ending, Plan};
use crate::replay::Replies;

/// What was simulated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSummary {
    /// The scheduler's name.
    pub scheduler: String,
    /// The service's flags, as the kernel's bits.
    pub flags: u32,
    /// Whose behaviour was modelled.
    pub kernel: String,
    /// Seconds of persistence.
    pub persistence_seconds: Option<u32>,
    /// `nat`, or `dr` where the director does not see the answers.
    pub forwarding: &'static str,
    /// How connections end: `server`, `fin`, `rst`, `udp` or `one-packet`.
    pub ending: &'static str,
    /// Real servers, those that are added later included.
    pub servers: u64,
    /// Changes of the list.
    pub changes: u64,
    /// Connections of a run, refused ones included.
    pub connections: u64,
    /// Of a closed loop, how many at a time.
    pub concurrency: Option<u32>,
    /// Of an open loop, how many a second.
    pub rate: Option<f64>,
    /// Whether arrivals of the open loop are random.
    pub poisson: bool,
    /// The distribution of service times.
    pub service_time: String,
    /// Who is served when.
    pub discipline: Discipline,
    /// Distinct client addresses.
    pub clients: u32,
    /// Distinct destination addresses.
    pub destinations: u32,
    /// The first seed.
    pub seed: u64,
}

impl PlanSummary {
    pub(super) fn of(plan: &Plan) -> Self {
        let (service, load) = (&plan.service, &plan.load);
        let (concurrency, rate, poisson) = match load.arrivals {
            Arrivals::Closed(concurrency) => (Some(concurrency), None, false),
            Arrivals::Constant(rate) => (None, Some(rate.get()), false),
            Arrivals::Poisson(rate) => (None, Some(rate.get()), true),
        };
        Self {
            scheduler: service.model.scheduler.to_string(),
            flags: service.model.flags.bits(),
            kernel: service.model.kernel.to_string(),
            persistence_seconds: service.persistence.as_ref().map(|one| one.timeout_seconds),
            forwarding: match plan.replies {
                Replies::PassDirector => "nat",
                Replies::BypassDirector => "dr",
            },
            ending: ending(plan),
            servers: plan.servers.len() as u64,
            changes: plan.changes.len() as u64,
            connections: load.connections,
            concurrency,
            rate,
            poisson,
            service_time: load.service_time.to_string(),
            discipline: load.discipline,
            clients: load.clients.count,
            destinations: load.destinations.count,
            seed: plan.seeds.first,
        }
    }
}

fn ending(plan: &Plan) -> &'static str {
    let one_packet = plan.service.model.flags.contains(ServiceFlags::ONE_PACKET);
    match plan.ending {
        Ending::Tcp(Close::Server) => "server",
        Ending::Tcp(Close::Fin) => "fin",
        Ending::Tcp(Close::Rst) => "rst",
        Ending::Udp if one_packet => "one-packet",
        Ending::Udp => "udp",
    }
}
