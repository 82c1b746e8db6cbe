//! Schedulers whose shares depend on what is open, and everything under persistence.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use director_setup::{Netmask, Persistence};

use super::{Finding, IntervalKind, Run, Yardstick};
use crate::Interval;
use crate::advice::Key;
use crate::observation::{Observation, SegmentKind, Sender};
use crate::statistics::connections_to_decide;

/// Shares must be the model's. The replay is exact when connections come one at a time; with more,
/// near ties may fall the other way. A share fails only if its whole 95 % Wilson interval lies
/// outside expected ± tolerance. The interval treats what is shared as independent draws, which is
/// wider than what the scheduler really does, so it is careful about failing. A run decides if
/// n ≥ z²p(1−p)/e² for every server (p expected share, e tolerance).
///
/// Under persistence what is drawn are clients, not connections: those of one client go together.
#[derive(Debug)]
pub(in crate::judge) struct Draws {
    /// Clients under persistence; `None`: every connection is a draw.
    pub(in crate::judge) clients: Option<u64>,
}

impl Draws {
    fn of(&self, run: &Run<'_>) -> u64 {
        let connections = run.observed;
        self.clients
            .map_or(connections, |clients| clients.min(connections))
    }
}

impl Yardstick for Draws {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Wilson
    }

    fn expected_interval(&self, _: usize) -> Option<Interval> {
        None
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        let draws = self.of(run);
        let off = run.shares().filter_map(|(_, server, observed, expected)| {
            let interval = Interval::wilson_around(observed, draws)?;
            interval
                .excludes(expected, run.tolerance)
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
        let draws = self.of(run);
        if draws >= needed {
            return None;
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

/// How many clients the director saw, as persistence tells them apart.
pub(in crate::judge) fn clients(observation: &Observation, persistence: &Persistence) -> u64 {
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
