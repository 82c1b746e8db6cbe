//! Why the expected shares are what they are.

use std::fmt;

use director_setup::{Scheduler, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Expectation;
use crate::Share;
use crate::figures::{counted, points};
use crate::model::{KernelVersion, Overhead};
use crate::observation::Observation;

/// Half a percentage point: what lies nearer to the weights needs no explanation.
const WORTH_A_WORD: f64 = 0.005;
/// With more real servers than this a ratio is too long to read.
const READABLE_RATIO: usize = 4;

/// Something about a run that is right and may surprise.
///
/// `Display` gives one or two plain sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explanation {
    /// rr and lc do not look at weights.
    WeightsIgnored {
        /// Name of the scheduler.
        scheduler: String,
    },
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
    /// A real server with weight 0 gets no new connections.
    Quiesced {
        /// Name of the real server.
        server: String,
    },
    /// Connections are scheduled, not requests.
    FewConnections {
        /// Connections that carried the requests.
        connections: u64,
        /// Requests that were answered.
        requests: u64,
    },
}

/// Everything worth explaining about a run.
pub(super) fn explanations(
    observation: &Observation,
    expectation: Option<&Expectation>,
) -> Vec<Explanation> {
    let of_scheduler = match observation.service.scheduler {
        Scheduler::RoundRobin | Scheduler::LeastConnection => weights_ignored(observation),
        Scheduler::WeightedLeastConnection => expectation
            .and_then(|expectation| open_connections_weigh_more(observation, expectation)),
        Scheduler::WeightedRoundRobin => expectation.and_then(exact_cycles),
        _ => None,
    };
    let mut all: Vec<_> = of_scheduler.into_iter().collect();
    all.extend(expectation.and_then(|one| tolerance_hides_servers(observation, one)));
    all.extend(quiesced(observation));
    all.extend(few_connections(observation));
    all
}

fn weights_ignored(observation: &Observation) -> Option<Explanation> {
    let weights = observation.servers.iter().map(|server| server.weight);
    let mut eligible = weights.filter(|&weight| weight > Weight::ZERO);
    let first = eligible.next()?;
    eligible
        .any(|weight| weight != first)
        .then(|| Explanation::WeightsIgnored {
            scheduler: observation.service.scheduler.to_string(),
        })
}

fn open_connections_weigh_more(
    observation: &Observation,
    expectation: &Expectation,
) -> Option<Explanation> {
    let expected: Vec<_> = expectation.shares().collect::<Option<_>>()?;
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

fn exact_cycles(expectation: &Expectation) -> Option<Explanation> {
    let cycle = expectation.cycle.as_ref()?;
    Some(Explanation::ExactCycles {
        quotas: cycle.quotas().to_vec(),
        length: cycle.length(),
    })
}

/// Exact schedulers are judged by counts, which hide nothing.
fn tolerance_hides_servers(
    observation: &Observation,
    expectation: &Expectation,
) -> Option<Explanation> {
    let tolerance = Share::clamped(observation.tolerance);
    let shares = expectation.shares().flatten();
    let hidden = shares.filter(|&share| share > Share::ZERO && share <= tolerance);
    let servers = hidden.count() as u64;
    (expectation.cycle.is_none() && servers > 0)
        .then_some(Explanation::ToleranceHidesServers { servers, tolerance })
}

fn quiesced(observation: &Observation) -> impl Iterator<Item = Explanation> {
    let servers = observation.servers.iter();
    let quiesced = servers.filter(|server| server.weight == Weight::ZERO);
    quiesced.map(|server| Explanation::Quiesced {
        server: server.name.clone(),
    })
}

fn few_connections(observation: &Observation) -> Option<Explanation> {
    let connections = observation.client_connections();
    let requests = observation.load.requests_completed;
    (connections > 0 && requests > connections).then_some(Explanation::FewConnections {
        connections,
        requests,
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WeightsIgnored { scheduler } => write!(
                f,
                "{scheduler} ignores weights: every real server whose weight is not 0 is owed the \
                 same share."
            ),
            Self::OpenConnectionsWeighMore {
                open_weighs,
                concurrency,
                weights,
                expected,
                configured,
            } => {
                write!(
                    f,
                    "To wlc an open connection weighs {open_weighs} and a closed one 1, so with {} \
                     at a time ",
                    counted(u64::from(*concurrency), "connection")
                )?;
                write_ratios(f, weights, expected, configured)
            }
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
            Self::Quiesced { server } => {
                write!(f, "{server} has weight 0 and gets no new connections.")
            }
            Self::FewConnections {
                connections,
                requests,
            } => write!(
                f,
                "{} travelled on {}. IPVS schedules connections, so shares are of connections.",
                counted(*requests, "request"),
                counted(*connections, "connection")
            ),
        }
    }
}

fn write_ratios(
    f: &mut fmt::Formatter<'_>,
    weights: &[u32],
    expected: &[Share],
    configured: &[Share],
) -> fmt::Result {
    if weights.len() <= READABLE_RATIO {
        let weights: Vec<_> = weights.iter().map(u32::to_string).collect();
        return write!(
            f,
            "the weights {} give {}, not {}.",
            weights.join(":"),
            ratio(expected),
            ratio(configured)
        );
    }
    let pairs = expected.iter().zip(configured);
    let distances = pairs.map(|(expected, configured)| expected.minus(*configured).abs());
    let largest = distances.fold(0.0, f64::max);
    write!(
        f,
        "shares lie up to {:.1} points from the weights.",
        largest * 100.0
    )
}

/// Percentages without their sign: `73:27`.
fn ratio(shares: &[Share]) -> String {
    let parts: Vec<_> = shares
        .iter()
        .map(|share| format!("{:.0}", share.get() * 100.0))
        .collect();
    parts.join(":")
}
