//! Observed against expected shares, each kind of scheduler by its own yardstick.
//!
//! - [`Cycles`] (rr, wrr): counts are compared. Over whole cycles they must be equal; the rest of a
//!   cycle is allowed for.
//! - [`Exact`] (fo, dh, sh, mh): counts are compared, and every single decision that is known.
//! - [`Draws`] (lc, wlc, sed, nq, ovf, lblc, lblcr; everything under persistence or thresholds):
//!   shares are compared. A share fails only if its whole Wilson interval lies outside what the
//!   order of near-simultaneous arrivals leaves to expect ± tolerance.
//! - [`Seeds`] (twos): shares are compared with the spread of many replays.
//! - [`Table`] (dh, sh, mh without a trace to replay): keys are compared with the table.
//!
//! By any of them a run decides, however short, if the server of every connection is known and
//! these are the model's, one by one, but for a part no greater than the tolerance.

mod cycles;
mod draws;
mod exact;
mod seeds;
mod spread;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Expectation, Finding};
use crate::observation::{Observation, ServerObservation};
use crate::{Interval, Share};

pub(super) use cycles::Cycles;
pub(super) use draws::Draws;
pub(super) use exact::Exact;
pub(super) use seeds::Seeds;
pub(super) use table::Table;

/// How far an observed share may lie from the expected one, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalKind {
    /// Not at all, but for what is counted: an incomplete cycle, or what only one witness saw.
    Exact,
    /// As far as the 95 % Wilson interval around the observed share reaches the tolerance.
    Wilson,
    /// As far as 99.9 % of replays with other seeds do, and the tolerance.
    Seeds,
    /// As far as the hash of so many keys explains at one in a million, and the tolerance.
    Keys,
}

/// One way to compare shares.
pub(crate) trait Yardstick: fmt::Debug {
    /// What kind of interval it allows.
    fn interval_kind(&self) -> IntervalKind;

    /// The shares of one server that it expects, if that is more than one.
    fn expected_interval(&self, server: usize) -> Option<Interval>;

    /// Replays that it rests on, if more than one.
    fn seeds(&self) -> Option<u64> {
        None
    }

    /// Everything that is off, by server.
    fn off(&self, run: &Run<'_>) -> Vec<Finding>;

    /// Why the run cannot decide though nothing is off.
    fn too_few(&self, run: &Run<'_>) -> Option<Finding>;
}

/// What a yardstick looks at.
pub(crate) struct Run<'a> {
    pub(super) observation: &'a Observation,
    pub(super) expectation: &'a Expectation,
    /// Connections on which the client got an answer; above 0.
    pub(super) observed: u64,
    pub(super) tolerance: Share,
}

impl Run<'_> {
    fn scheduler(&self) -> String {
        self.observation.service.scheduler.to_string()
    }

    /// Connections that only one of client and model has seen.
    fn unseen(&self) -> u64 {
        self.expectation.scheduled().abs_diff(self.observed)
    }

    fn count_off(&self, server: usize, allowed: u64) -> Option<Finding> {
        let expected = *self.expectation.picks.get(server)?;
        let server = &self.observation.servers[server];
        let observed = server.client_connections;
        (observed.abs_diff(expected) > allowed).then(|| Finding::CountOff {
            scheduler: self.scheduler(),
            server: server.name.clone(),
            observed,
            expected,
            allowed,
        })
    }

    /// Every server with its observed and its expected share.
    fn shares(&self) -> impl Iterator<Item = (usize, &ServerObservation, Share, Share)> {
        let servers = self.observation.servers.iter().enumerate();
        let pairs = servers.zip(&self.expectation.shares);
        pairs.filter_map(|((index, server), expected)| {
            let observed = Share::of(server.client_connections, self.observed)?;
            Some((index, server, observed, (*expected)?))
        })
    }
}

/// The findings on shares of a run in which every real server answers.
pub(super) fn findings(observation: &Observation, expectation: &Expectation) -> Vec<Finding> {
    let run = Run {
        observation,
        expectation,
        observed: observation.client_connections(),
        tolerance: Share::clamped(observation.tolerance),
    };
    if run.observed == 0 {
        return Vec::new();
    }
    let off = expectation.yardstick.off(&run);
    if !off.is_empty() {
        off
    } else if expectation.is_proved_pick_by_pick(run.tolerance) {
        Vec::new()
    } else {
        expectation.yardstick.too_few(&run).into_iter().collect()
    }
}
