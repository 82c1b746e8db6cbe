//! Schedulers whose shares depend on what is open, and everything under persistence.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use director_setup::{Netmask, Persistence};

use super::spread::Spread;
use super::{Finding, IntervalKind, Run, Yardstick};
use crate::advice::Key;
use crate::observation::{Observation, SegmentKind, Sender};
use crate::replay::{Prediction, ReplayError};
use crate::statistics::connections_to_decide;
use crate::{Interval, Share};

/// The engine whose guest has one CPU, which sees packets in the order in which IPVS does.
const ENGINE_OF_ONE_CPU: &str = "uml";

/// Shares must be the model's. The replay is exact on one CPU, and when connections come one at a
/// time; otherwise near-simultaneous ones may have reached IPVS in another order than the trace, so
/// the trace is replayed in many orders. A share fails only if its whole 95 % Wilson interval lies outside what
/// these give ± tolerance. The Wilson interval treats what is shared as independent draws, which
/// is wider than what the scheduler really does, so it is careful about failing. A run decides if
/// n ≥ z²p(1−p)/e² for every server (p expected share, e tolerance), and if the order moves no
/// share by more than the tolerance.
///
/// Under persistence what is drawn are clients, not connections: those of one client go together.
#[derive(Debug)]
pub(in crate::judge) struct Draws {
    /// Clients under persistence; `None`: every connection is a draw.
    clients: Option<u64>,
    /// Over orders of arrival; absent where the order is known.
    spread: Option<Spread>,
}

impl Draws {
    /// Replays the observation's trace in many orders. Its first replay is there already.
    pub(in crate::judge) fn new(
        observation: &Observation,
        first: &Prediction,
    ) -> Result<Self, ReplayError> {
        let persistence = observation.service.persistence.as_ref();
        let in_order = observation.engine == ENGINE_OF_ONE_CPU || observation.load.concurrency <= 1;
        let spread = if in_order {
            None
        } else {
            Spread::over_orders(observation, first)?
        };
        Ok(Self {
            clients: persistence.map(|persistence| clients(observation, persistence)),
            spread,
        })
    }

    fn draws(&self, run: &Run<'_>) -> u64 {
        let connections = run.observed;
        self.clients
            .map_or(connections, |clients| clients.min(connections))
    }
}

impl Yardstick for Draws {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Wilson
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        self.spread.as_ref()?.interval(server)
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        let draws = self.draws(run);
        let off = run
            .shares()
            .filter_map(|(index, server, observed, expected)| {
                let interval = Interval::wilson_around(observed, draws)?;
                let allowed = self.expected_interval(index);
                let allowed =
                    allowed.map_or(Interval::around(expected, 0.0), |one| one.with(expected));
                interval
                    .lies_beyond(allowed, run.tolerance)
                    .then(|| Finding::ShareOff {
                        server: server.name.clone(),
                        observed,
                        expected,
                        interval,
                        tolerance: run.tolerance,
                    })
            });
        off.collect()
    }

    fn too_few(&self, run: &Run<'_>) -> Option<Finding> {
        let shares = run.expectation.shares.iter().flatten();
        let needed = shares
            .map(|&share| connections_to_decide(share, run.tolerance))
            .max()?;
        let draws = self.draws(run);
        if draws >= needed {
            return self.order_decides(run);
        }
        Some(match self.clients {
            Some(keys) => Finding::TooFewKeys {
                key: Key::ClientAddress,
                keys,
                needed,
            },
            None => Finding::TooFewConnections {
                connections: draws,
                needed,
                cycle: None,
            },
        })
    }
}

impl Draws {
    fn order_decides(&self, run: &Run<'_>) -> Option<Finding> {
        let reach = self.spread.as_ref()?.reach();
        (reach > run.tolerance.get()).then(|| Finding::OrderDecides {
            scheduler: run.scheduler(),
            reach: Share::clamped(reach),
        })
    }
}

/// How many clients the director saw, as persistence tells them apart.
fn clients(observation: &Observation, persistence: &Persistence) -> u64 {
    let mask = match persistence.netmask {
        Netmask::Ipv4(mask) => mask.to_bits(),
        Netmask::Ipv6(_) => u32::MAX,
    };
    let trace = observation.trace.iter();
    let opening = trace.filter(|one| one.kind == SegmentKind::Syn && one.from == Sender::Client);
    let clients: HashSet<_> = opening
        .map(|one| Ipv4Addr::from_bits(one.client.ip().to_bits() & mask))
        .collect();
    clients.len() as u64
}
