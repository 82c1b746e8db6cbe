//! What a plan says before anything is simulated.

use super::check::check;
use super::{Arrivals, Plan, Presence, SimulateError};
use crate::advice::{self, Advice, advise};

impl Plan {
    /// What will surprise about this plan, the weightiest first: that of [`advise`]. A plan that
    /// cannot be simulated gets none.
    pub fn advice(&self) -> Result<Vec<Advice>, SimulateError> {
        check(self)?;
        let listed = self.servers.iter();
        let listed = listed.filter(|server| server.presence == Presence::FromTheStart);
        Ok(advise(&advice::Plan {
            model: self.service.model.clone(),
            persistence: self.service.persistence.clone(),
            servers: listed
                .map(|server| advice::PlannedServer {
                    name: server.name.clone(),
                    address: server.address,
                    settings: server.settings(server.weight),
                })
                .collect(),
            client_addresses: Some(self.load.clients.count.into()),
            destinations: self.load.destinations.count.into(),
            requests: self.load.connections,
            connections: self.load.connections,
            concurrency: self.concurrency(),
            tolerance: self.tolerance,
        }))
    }

    /// Connections open at a time; in an open loop as many as come within a usual service time.
    fn concurrency(&self) -> u32 {
        match self.load.arrivals {
            Arrivals::Closed(concurrency) => concurrency,
            Arrivals::Constant(rate) | Arrivals::Poisson(rate) => {
                let open = rate.get() * self.load.service_time.median().as_secs_f64();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a float becomes the nearest integer that there is"
                )]
                let open = open.round() as u32;
                open.max(1)
            }
        }
    }
}
