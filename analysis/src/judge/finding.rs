//! What keeps a run from passing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::figures::{count, counted, points};
use crate::{Interval, Share};

/// One reason why a run failed or could not be judged.
///
/// `Display` gives a plain sentence, [`Finding::advice`] what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Finding {
    /// The topology is not what the experiment says.
    ProofFailed {
        /// What should hold.
        claim: String,
        /// What was seen instead.
        seen: String,
    },
    /// IPVS sent connections to a real server from which the client got no answer at all.
    SilentServer {
        /// Name of the real server.
        server: String,
        /// Connections that IPVS scheduled to it.
        kernel: u64,
    },
    /// Some requests failed.
    RequestsFailed {
        /// Requests that failed.
        failed: u64,
        /// Requests that were asked for.
        requests: u64,
        /// How they failed.
        errors: Vec<ErrorCount>,
    },
    /// A share lies further from its expectation than the tolerance, and chance does not explain it.
    ShareOff {
        /// Name of the real server.
        server: String,
        /// Share of the connections that it answered.
        observed: Share,
        /// Share that the model predicts.
        expected: Share,
        /// 95 % interval around the observed share.
        interval: Interval,
        /// Difference that passes.
        tolerance: Share,
    },
    /// A scheduler with exact shares gave a real server a count that it cannot have.
    CountOff {
        /// Name of the scheduler.
        scheduler: String,
        /// Name of the real server.
        server: String,
        /// Connections that it answered.
        observed: u64,
        /// Connections that the model predicts.
        expected: u64,
        /// Difference that an unknown start within the cycle explains.
        allowed: u64,
    },
    /// Client, real server and IPVS count different numbers of connections, and none failed.
    ConnectionsDisagree {
        /// Name of the real server.
        server: String,
        /// Connections with an answer, counted by the client.
        client: u64,
        /// Connections that the real server accepted.
        real_server: u64,
        /// Connections that IPVS scheduled.
        kernel: u64,
    },
    /// Client and real server count different numbers of requests, and none failed.
    RequestsDisagree {
        /// Name of the real server.
        server: String,
        /// Answers that the client got from it.
        client: u64,
        /// Requests that it says it answered.
        real_server: u64,
    },
    /// IPVS scheduled nothing.
    NothingScheduled,
    /// There is no model of the scheduler, hence no expectation.
    NoModel {
        /// Name of the scheduler.
        scheduler: String,
    },
    /// The trace lacks connections that the kernel scheduled, or has some that it did not.
    TraceIncomplete {
        /// Connections that the trace opens.
        traced: u64,
        /// Connections that IPVS counted.
        kernel: u64,
    },
    /// The run is too short to tell a difference of the tolerance from chance or from an unknown
    /// start within the cycle.
    TooFewConnections {
        /// Connections that were judged.
        connections: u64,
        /// Connections that would decide.
        needed: u64,
    },
    /// The load ended before its plan did.
    StoppedEarly {
        /// Why.
        reason: String,
        /// Requests that were answered.
        completed: u64,
        /// Requests that were asked for.
        requests: u64,
    },
}

/// How often one class of failure occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorCount {
    /// Class of the failure, for instance `connect refused`.
    pub class: String,
    /// Requests that failed so.
    pub count: u64,
}

impl fmt::Display for ErrorCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", count(self.count), self.class)
    }
}

impl Finding {
    /// What a run with this finding is at best.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::ProofFailed { .. }
            | Self::SilentServer { .. }
            | Self::RequestsFailed { .. }
            | Self::ShareOff { .. }
            | Self::CountOff { .. }
            | Self::ConnectionsDisagree { .. }
            | Self::RequestsDisagree { .. } => Verdict::Fail,
            Self::NothingScheduled
            | Self::NoModel { .. }
            | Self::TraceIncomplete { .. }
            | Self::TooFewConnections { .. }
            | Self::StoppedEarly { .. } => Verdict::Inconclusive,
        }
    }

    /// The real server that it is about, if it is about one.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::SilentServer { server, .. }
            | Self::ShareOff { server, .. }
            | Self::CountOff { server, .. }
            | Self::ConnectionsDisagree { server, .. }
            | Self::RequestsDisagree { server, .. } => Some(server),
            _ => None,
        }
    }

    /// What to do about it, as a sentence.
    pub fn advice(&self) -> String {
        let advice = match self {
            Self::ProofFailed { .. } => "Mend the topology first: no share means anything before.",
            Self::SilentServer { .. } => {
                "Check that it runs and listens, and that its replies find a way: under NAT its \
                 gateway is the director, under DR and TUN it holds the VIP itself."
            }
            Self::RequestsFailed { .. } => {
                "Look at the classes of failure: refused means that nothing listens or no real \
                 server has a weight, no response in time that packets are lost or a server hangs."
            }
            Self::ShareOff { .. } | Self::CountOff { .. } => {
                "Compare scheduler and weights that the kernel holds (ipvsadm -Ln) with those of \
                 the experiment."
            }
            Self::ConnectionsDisagree { client, kernel, .. } if kernel < client => {
                "Traffic bypassed the director, or its counters were read too early: see which \
                 MAC address answers for the VIP (arp_ignore, arp_announce), and wait 2.5 s for \
                 the kernel's estimator."
            }
            Self::ConnectionsDisagree { .. } | Self::RequestsDisagree { .. } => {
                "See whether another client uses the service, or a counter is older than the run."
            }
            Self::NothingScheduled => "Check that the load goes to the VIP and its port.",
            Self::NoModel { .. } => {
                "Observed and configured shares are shown for information only."
            }
            Self::TraceIncomplete { .. } => {
                "Trace the director from before the first connection to after the last, with a \
                 buffer that drops nothing."
            }
            Self::TooFewConnections { needed, .. } => {
                return format!("Run {} or more.", counted(*needed, "connection"));
            }
            Self::StoppedEarly { .. } => "Give the load more time, or fewer requests.",
        };
        advice.to_owned()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProofFailed { claim, seen } => {
                write!(f, "This does not hold: {claim}. Seen: {seen}.")
            }
            Self::SilentServer { server, kernel } => write!(
                f,
                "{server} answers nothing: IPVS sent it {}, the client got no answer.",
                counted(*kernel, "connection")
            ),
            Self::RequestsFailed {
                failed,
                requests,
                errors,
            } => write_failures(f, *failed, *requests, errors),
            Self::ShareOff {
                server,
                observed,
                expected,
                tolerance,
                ..
            } => write!(
                f,
                "{server} answered {observed} of the connections, {expected} were expected: \
                 {} points apart, {} are tolerated.",
                points(observed.minus(*expected)),
                points(tolerance.get())
            ),
            Self::CountOff {
                scheduler,
                server,
                observed,
                expected,
                allowed,
            } => write!(
                f,
                "{server} answered {}, {scheduler} owes it {}{}.",
                counted(*observed, "connection"),
                count(*expected),
                give_or_take(*allowed)
            ),
            Self::ConnectionsDisagree {
                server,
                client,
                real_server,
                kernel,
            } => write!(
                f,
                "The witnesses disagree on connections to {server}: the client counted {}, the \
                 server {}, IPVS {}.",
                count(*client),
                count(*real_server),
                count(*kernel)
            ),
            Self::RequestsDisagree {
                server,
                client,
                real_server,
            } => write!(
                f,
                "The witnesses disagree on requests to {server}: the client counted {}, the \
                 server {}.",
                count(*client),
                count(*real_server)
            ),
            Self::NothingScheduled => f.write_str("IPVS scheduled no connection."),
            Self::NoModel { scheduler } => write!(
                f,
                "There is no model of {scheduler} yet, so no share is expected of it."
            ),
            Self::TraceIncomplete { traced, kernel } => write!(
                f,
                "The trace opens {}, IPVS scheduled {}: the expectation cannot be replayed.",
                counted(*traced, "connection"),
                count(*kernel)
            ),
            Self::TooFewConnections { connections, .. } => write!(
                f,
                "{} cannot show a difference as small as the tolerance.",
                counted(*connections, "connection")
            ),
            Self::StoppedEarly {
                reason,
                completed,
                requests,
            } => write!(
                f,
                "The load stopped early after {} of {}: {reason}.",
                count(*completed),
                counted(*requests, "request")
            ),
        }
    }
}

fn write_failures(
    f: &mut fmt::Formatter<'_>,
    failed: u64,
    requests: u64,
    errors: &[ErrorCount],
) -> fmt::Result {
    let of = counted(requests, "request");
    write!(f, "{} of {of} failed", count(failed))?;
    let classes: Vec<_> = errors.iter().map(ErrorCount::to_string).collect();
    if classes.is_empty() {
        f.write_str(".")
    } else {
        write!(f, ": {}.", classes.join(", "))
    }
}

fn give_or_take(allowed: u64) -> String {
    match allowed {
        0 => " exactly".to_owned(),
        _ => format!(", give or take {}", count(allowed)),
    }
}
