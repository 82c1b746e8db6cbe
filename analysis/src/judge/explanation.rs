//! Why the expected shares are what they are.

use std::fmt;

use director_setup::Scheduler;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Expectation, IntervalKind, refusals};
use crate::advice::{Advice, Key, WORTH_A_WORD, percentages, ratios};
use crate::figures::{count, counted, points};
use crate::model::{KernelVersion, Overhead};
use crate::observation::Observation;
use crate::{Interval, Share};

/// Keys less likely than this are no random ones.
const NO_CHANCE: f64 = 0.001;
/// With more real servers than this a ratio is too long to read.
const READABLE_RATIO: usize = 4;

/// Something about a run that is right and may surprise.
///
/// `Display` gives one or two plain sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explanation {
    /// wlc owes shares other than the weights because of what is open.
    OpenConnectionsWeighMore {
        /// What an open connection weighs when a closed one weighs 1.
        open_weighs: u64,
        /// Connections open at a time.
        concurrency: u32,
        /// Configured weights, in the order of the servers.
        weights: Vec<u32>,
        /// Expected shares, in the order of the servers.
        expected: Vec<Share>,
        /// Shares by weight alone, in the order of the servers.
        configured: Vec<Share>,
    },
    /// wrr is exact.
    ExactCycles {
        /// Connections of one cycle for each server, in the order of the servers.
        quotas: Vec<u64>,
        /// Connections of one cycle together.
        length: u64,
    },
    /// The tolerance is wider than the whole share of some servers.
    ToleranceHidesServers {
        /// So many real servers could get nothing and pass.
        servers: u64,
        /// The tolerance.
        tolerance: Share,
    },
    /// What a hashing scheduler shared out are keys.
    KeysByTable {
        /// Name of the scheduler.
        scheduler: String,
        /// What it decides by.
        key: Key,
        /// Distinct keys of each real server, in the order of the servers.
        keys: Vec<u64>,
        /// Shares of the table, in the order of the servers.
        table: Vec<Share>,
        /// The chance that random keys lie as far from the table's shares, or further.
        p_value: Share,
    },
    /// The scheduler itself refused connections, and had to.
    RefusedAsItMust {
        /// Name of the scheduler.
        scheduler: String,
        /// Connections that the model refuses.
        connections: u64,
        /// Why it must, as a clause.
        because: String,
    },
    /// The expectation is a mean over many draws.
    ExpectedByLot {
        /// Name of the scheduler.
        scheduler: String,
        /// Replays, each with a seed of its own.
        seeds: u64,
        /// How far from the mean 99.9 % of replays lie, for the server with the widest spread.
        reach: Share,
    },
}

/// Everything worth explaining about a run.
pub(super) fn explanations(
    observation: &Observation,
    expectation: Option<&Expectation>,
) -> Vec<Explanation> {
    let Some(expectation) = expectation else {
        return Vec::new();
    };
    let all = [
        open_connections_weigh_more(observation, expectation),
        exact_cycles(observation, expectation),
        keys_by_table(observation, expectation),
        expected_by_lot(observation, expectation),
        refused_as_it_must(observation, expectation),
        tolerance_hides_servers(observation, expectation),
    ];
    all.into_iter().flatten().collect()
}

fn open_connections_weigh_more(
    observation: &Observation,
    expectation: &Expectation,
) -> Option<Explanation> {
    if observation.service.scheduler != Scheduler::WeightedLeastConnection {
        return None;
    }
    let expected: Vec<_> = expectation.shares.iter().copied().collect::<Option<_>>()?;
    let configured: Vec<_> = observation.configured_shares().collect::<Option<_>>()?;
    let mut pairs = expected.iter().zip(&configured);
    pairs
        .any(|(expected, configured)| expected.minus(*configured).abs() > WORTH_A_WORD)
        .then(|| Explanation::OpenConnectionsWeighMore {
            open_weighs: Overhead::of_kernel(KernelVersion::of_release(&observation.kernel))
                .of_open_connection(),
            concurrency: observation.load.concurrency,
            weights: observation
                .servers
                .iter()
                .map(|one| one.weight.get())
                .collect(),
            expected,
            configured,
        })
}

fn exact_cycles(observation: &Observation, expectation: &Expectation) -> Option<Explanation> {
    let cycle = expectation.cycle.as_ref()?;
    let by_weight = observation.service.scheduler == Scheduler::WeightedRoundRobin;
    by_weight.then(|| Explanation::ExactCycles {
        quotas: cycle.quotas().to_vec(),
        length: cycle.length(),
    })
}

/// A single key has advice of its own.
fn keys_by_table(observation: &Observation, expectation: &Expectation) -> Option<Explanation> {
    let keys = expectation.keys.as_ref().filter(|keys| keys.distinct > 1)?;
    let servers = keys.servers.iter();
    Some(Explanation::KeysByTable {
        scheduler: observation.service.scheduler.to_string(),
        key: keys.key,
        keys: servers.clone().map(|one| one.keys).collect(),
        table: servers.map(|one| one.table_share).collect(),
        p_value: keys.p_value?,
    })
}

fn expected_by_lot(observation: &Observation, expectation: &Expectation) -> Option<Explanation> {
    let seeds = expectation.yardstick.seeds()?;
    let servers = 0..observation.servers.len();
    let intervals = servers.filter_map(|server| expectation.yardstick.expected_interval(server));
    let reach = intervals.map(Interval::reach).fold(0.0, f64::max);
    Some(Explanation::ExpectedByLot {
        scheduler: observation.service.scheduler.to_string(),
        seeds,
        reach: Share::clamped(reach),
    })
}

fn refused_as_it_must(observation: &Observation, expectation: &Expectation) -> Option<Explanation> {
    (expectation.refused > 0).then(|| Explanation::RefusedAsItMust {
        scheduler: observation.service.scheduler.to_string(),
        connections: expectation.refused,
        because: refusals::reason(observation).to_owned(),
    })
}

/// Exact schedulers are judged by counts, which hide nothing.
fn tolerance_hides_servers(
    observation: &Observation,
    expectation: &Expectation,
) -> Option<Explanation> {
    let tolerance = Share::clamped(observation.tolerance);
    let shares = expectation.shares.iter().flatten();
    let hidden = shares.filter(|&&share| share > Share::ZERO && share <= tolerance);
    let servers = hidden.count() as u64;
    let by_share = expectation.yardstick.interval_kind() != IntervalKind::Exact;
    (by_share && servers > 0).then_some(Explanation::ToleranceHidesServers { servers, tolerance })
}

impl Explanation {
    /// Whether it says after the run, with the run's own numbers, what the advice says before.
    pub(super) const fn says_better_than(&self, advice: &Advice) -> bool {
        matches!(
            (self, advice),
            (
                Self::OpenConnectionsWeighMore { .. },
                Advice::LoadDecides { .. }
            ) | (Self::ExpectedByLot { .. }, Advice::Random { .. })
                | (Self::KeysByTable { .. }, Advice::FewKeys { .. })
                | (Self::RefusedAsItMust { .. }, Advice::NobodyEligible { .. })
        )
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenConnectionsWeighMore {
                open_weighs,
                concurrency,
                weights,
                expected,
                configured,
            } => write!(
                f,
                "To wlc an open connection weighs {open_weighs} and a closed one 1, so with {} at \
                 a time {}",
                counted(u64::from(*concurrency), "connection"),
                ratios(weights, "", expected, configured)
            ),
            Self::ExactCycles { quotas, length } => {
                write!(f, "wrr is exact: every {}", counted(*length, "connection"))?;
                if quotas.len() <= READABLE_RATIO {
                    let quotas: Vec<_> = quotas.iter().map(u64::to_string).collect();
                    write!(f, " in a row are shared {}.", quotas.join(":"))
                } else {
                    f.write_str(" in a row are shared by weight.")
                }
            }
            Self::ToleranceHidesServers { servers, tolerance } => write!(
                f,
                "The tolerance of {} points is wider than the whole share of {}: a smaller one \
                 would see more.",
                points(tolerance.get()),
                counted(*servers, "real server")
            ),
            Self::KeysByTable {
                scheduler,
                key,
                keys,
                table,
                p_value,
            } => write_keys(f, (scheduler, *key), keys, table, *p_value),
            Self::RefusedAsItMust {
                scheduler,
                connections,
                because,
            } => write!(
                f,
                "{scheduler} refused {} as it must: {because}.",
                counted(*connections, "connection")
            ),
            Self::ExpectedByLot {
                scheduler,
                seeds,
                reach,
            } => write!(
                f,
                "{scheduler} draws lots: what is expected is the mean of {}, of which 99.9 % lie \
                 within {} points.",
                counted(*seeds, "replay"),
                points(reach.get())
            ),
        }
    }
}

/// `sh decides by the client address: 39 of them fell 17:15:7, where its table holds ...`.
fn write_keys(
    f: &mut fmt::Formatter<'_>,
    (scheduler, key): (&str, Key),
    keys: &[u64],
    table: &[Share],
    p_value: Share,
) -> fmt::Result {
    let whole = keys.iter().fold(0u64, |sum, &n| sum.saturating_add(n));
    write!(
        f,
        "{scheduler} decides by the {key}: {} of them ",
        count(whole)
    )?;
    if keys.len() <= READABLE_RATIO {
        let keys: Vec<_> = keys.iter().map(u64::to_string).collect();
        let (keys, table) = (keys.join(":"), percentages(table, 1));
        write!(f, "fell {keys} into a table of {table} %")?;
    } else {
        write!(f, "fell into a table of {} parts", count(keys.len() as u64))?;
    }
    if p_value.get() < NO_CHANCE {
        return f.write_str(", as unevenly as random ones hardly ever do: these have a pattern.");
    }
    write!(f, ", as chance would have it (p = {:.3}).", p_value.get())
}
