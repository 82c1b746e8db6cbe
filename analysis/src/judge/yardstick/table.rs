//! A hashing scheduler whose decisions cannot be replayed: the trace has holes.

use super::super::keys::KeyPopulation;
use super::{Finding, IntervalKind, Run, Yardstick};
use crate::statistics::{connections_to_decide, two_sided_p};
use crate::{Interval, Share};

/// What chance may do, over all servers of a run, before a share fails: one in a million.
const ALPHA: f64 = 1e-6;

/// The keys that are known must go where the table says. Where no key's server is known, each
/// server's share must be what its part of the table gives so many keys: it fails only if it is off
/// by more than the tolerance and chance would do that in less than one of a million runs (an exact
/// binomial tail for each server, times the number of servers). A run decides if
/// n ≥ z²p(1−p)/e² for every server (n keys, p share of the table, e tolerance).
#[derive(Debug)]
pub(in crate::judge) struct Table {
    pub(in crate::judge) keys: KeyPopulation,
}

impl Table {
    fn is_beyond_chance(&self, observed: Share, expected: Share) -> bool {
        let keys = self.keys.distinct;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a number is no greater than that"
        )]
        let hits = (observed.get() * keys as f64).round() as u64;
        let servers = self.keys.servers.len() as f64;
        two_sided_p(keys, expected.get(), hits) * servers < ALPHA
    }
}

impl Yardstick for Table {
    fn interval_kind(&self) -> IntervalKind {
        IntervalKind::Keys
    }

    fn expected_interval(&self, server: usize) -> Option<Interval> {
        let share = self.keys.servers.get(server)?.table_share;
        let spread = share.get() * (1.0 - share.get()) / self.keys.distinct.max(1) as f64;
        // Five standard deviations are one in a million and a half, two sides together.
        Some(Interval::around(share, 5.0 * spread.sqrt()))
    }

    fn off(&self, run: &Run<'_>) -> Vec<Finding> {
        if self.keys.elsewhere > 0 {
            return vec![Finding::PicksOff {
                scheduler: run.scheduler(),
                compared: self.keys.named,
                differing: self.keys.elsewhere,
            }];
        }
        if self.keys.named == self.keys.distinct {
            return Vec::new();
        }
        let off = run
            .shares()
            .filter_map(|(index, server, observed, expected)| {
                let distance = observed.minus(expected).abs();
                let is_off =
                    distance > run.tolerance.get() && self.is_beyond_chance(observed, expected);
                is_off.then_some(Finding::ShareOff {
                    server: server.name.clone(),
                    observed,
                    expected,
                    interval: self.expected_interval(index)?,
                    tolerance: run.tolerance,
                })
            });
        off.collect()
    }

    fn too_few(&self, run: &Run<'_>) -> Option<Finding> {
        let shares = self.keys.servers.iter();
        let needed = shares
            .map(|one| connections_to_decide(one.table_share, run.tolerance))
            .max()?;
        let keys = self.keys.distinct;
        let all_named = self.keys.named == keys;
        (!all_named && keys < needed).then_some(Finding::TooFewKeys {
            key: self.keys.key,
            keys,
            needed,
        })
    }
}
