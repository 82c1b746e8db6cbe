//! What keeps a run from passing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::advice::Key;
use crate::observation::{ErrorTally, StoppedEarly};
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
        /// Requests that were started.
        requests: u64,
        /// How they failed.
        errors: Vec<ErrorTally>,
    },
    /// A share lies further from its expectation than the tolerance, and chance does not explain it.
    ShareOff {
        /// Name of the real server.
        server: String,
        /// Share of the connections that it answered.
        observed: Share,
        /// Share that the model predicts.
        expected: Share,
        /// The interval that lies outside the tolerance: around the observed share, or, for a
        /// scheduler that draws lots and for a table, around the expected one.
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
        /// Difference that an unknown start within the cycle explains, and connections that only
        /// one witness saw.
        allowed: u64,
    },
    /// A scheduler whose every decision is known beforehand decided otherwise, though its counts
    /// are right.
    PicksOff {
        /// Name of the scheduler.
        scheduler: String,
        /// Decisions that are known: of connections, or, without a trace to replay, of keys.
        compared: u64,
        /// Those of them that are not the model's.
        differing: u64,
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
    /// The kernel's counters were read before they showed every connection: client and real
    /// servers agree on more, and the trace has them all.
    CountersBehind {
        /// Connections with an answer, counted by the client.
        client: u64,
        /// Connections that IPVS's counters showed.
        kernel: u64,
    },
    /// IPVS scheduled nothing.
    NothingScheduled,
    /// There is no model of the scheduler, hence no expectation.
    NoModel {
        /// Name of the scheduler.
        scheduler: String,
    },
    /// What was observed cannot be: no kernel allows it.
    Contradiction {
        /// What is impossible, as a clause.
        what: String,
    },
    /// The trace lacks connections that the kernel scheduled, or has some that it did not, or lacks
    /// their ends.
    TraceIncomplete {
        /// Connections that the trace opens.
        traced: u64,
        /// Connections that IPVS counted.
        kernel: u64,
        /// Connections that never close in the trace though the load closed them all; 0 if some
        /// may have been left open.
        unclosed: u64,
    },
    /// The run is too short to tell a difference of the tolerance from chance or from an unknown
    /// start within the cycle.
    TooFewConnections {
        /// Connections that were judged.
        connections: u64,
        /// Connections that would decide.
        needed: u64,
        /// Length of the scheduler's cycle, if its shares are exact: only whole cycles are.
        cycle: Option<u64>,
    },
    /// There are too few different clients to tell a difference of the tolerance from the chance of
    /// their hashes, or of their coming first.
    TooFewKeys {
        /// What clients are told apart by.
        key: Key,
        /// Different ones.
        keys: u64,
        /// Different ones that would decide.
        needed: u64,
    },
    /// Which of near-simultaneous connections came first, which the trace does not tell for
    /// certain, moves the expected shares by more than the tolerance.
    OrderDecides {
        /// Name of the scheduler.
        scheduler: String,
        /// By how much, for the server with the widest spread.
        reach: Share,
    },
    /// The load ended before its plan did.
    StoppedEarly {
        /// Why.
        #[serde(flatten)]
        reason: StoppedEarly,
        /// Requests that were answered.
        completed: u64,
        /// Requests that were asked for.
        requests: u64,
    },
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
            | Self::PicksOff { .. }
            | Self::ConnectionsDisagree { .. }
            | Self::RequestsDisagree { .. } => Verdict::Fail,
            Self::CountersBehind { .. }
            | Self::NothingScheduled
            | Self::NoModel { .. }
            | Self::Contradiction { .. }
            | Self::TraceIncomplete { .. }
            | Self::TooFewConnections { .. }
            | Self::TooFewKeys { .. }
            | Self::OrderDecides { .. }
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
}
