//! What there is to say.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Share;

/// What a hashing scheduler looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// The client's address (sh, mh; persistence).
    ClientAddress,
    /// The client's address and port (sh with `sh-port`, mh with `mh-port`).
    ClientAddressAndPort,
    /// The address that the client asked for (dh).
    Destination,
}

/// `client address`, `client address and port`, `destination address`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ClientAddress => "client address",
            Self::ClientAddressAndPort => "client address and port",
            Self::Destination => "destination address",
        })
    }
}

/// One thing to know before a run.
///
/// `Display` gives a sentence or two, [`Advice::remedy`] what to do if it is not meant so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Advice {
    /// No real server may take a connection.
    NobodyEligible {
        /// Real servers, all of weight 0.
        servers: u64,
    },
    /// rr, lc and dh do not look at weights.
    WeightsIgnored {
        /// Name of the scheduler.
        scheduler: String,
    },
    /// All connections have one key, whose hash decides for all of them.
    OneKey {
        /// Name of the scheduler.
        scheduler: String,
        /// What it decides by.
        key: Key,
    },
    /// There are not enough keys to come near the table's shares.
    FewKeys {
        /// Name of the scheduler.
        scheduler: String,
        /// What it decides by.
        key: Key,
        /// Different keys.
        keys: u64,
        /// Keys that would come within the tolerance of the table's shares, 19 times in 20.
        needed: u64,
    },
    /// The table of sh or mh cannot hold the weights' ratio.
    TableGranularity {
        /// Name of the scheduler.
        scheduler: String,
        /// Configured weights, in the order of the servers.
        weights: Vec<u32>,
        /// Shares of the table, in the order of the servers.
        table: Vec<Share>,
        /// Shares by weight alone, in the order of the servers.
        configured: Vec<Share>,
    },
    /// sh's table is full before every real server had its buckets.
    Starved {
        /// Those without a bucket, by name.
        servers: Vec<String>,
        /// Buckets that all weights ask for.
        asked: u64,
        /// Buckets that there are.
        buckets: u64,
    },
    /// mh cuts weights to few bits.
    RatioClamped {
        /// Configured weights, in the order of the servers.
        weights: Vec<u32>,
        /// What mh counts instead.
        turns: Vec<u32>,
        /// Shares of the table, in the order of the servers.
        table: Vec<Share>,
    },
    /// A real server of weight 0 keeps its part of the table, and its clients are refused.
    HashedToQuiesced {
        /// Name of the scheduler.
        scheduler: String,
        /// Those of weight 0, by name.
        servers: Vec<String>,
        /// The part of all keys that is refused.
        refused: Share,
    },
    /// What is open at a time pulls the shares away from the weights.
    LoadDecides {
        /// Name of the scheduler.
        scheduler: String,
        /// Connections open at a time.
        concurrency: u32,
        /// Configured weights, in the order of the servers.
        weights: Vec<u32>,
        /// Shares over equally fast real servers if every connection takes a time of its own, in
        /// the order of the servers.
        own_time: Vec<Share>,
        /// The same if each real server answers one connection at a time.
        one_at_a_time: Vec<Share>,
        /// Shares by weight alone, in the order of the servers.
        configured: Vec<Share>,
    },
    /// The scheduler gives one real server everything under such a load.
    OneServerTakesAll {
        /// Name of the scheduler.
        scheduler: String,
        /// Connections open at a time.
        concurrency: u32,
        /// Its name.
        server: String,
    },
    /// twos draws lots.
    Random {
        /// Name of the scheduler.
        scheduler: String,
    },
    /// A client stays with its real server.
    ClientsStay {
        /// Client addresses; null if unknown.
        clients: Option<u64>,
        /// How long after its last connection, in seconds.
        timeout_seconds: u32,
    },
    /// Every real server has an upper threshold, and together they hold less than the load brings.
    ThresholdsFill {
        /// What all thresholds hold together.
        room: u64,
        /// Connections to come.
        connections: u64,
    },
    /// A real server with weight 0 gets no new connections.
    Quiesced {
        /// Name of the real server.
        server: String,
    },
    /// A weight that ipvsadm as its authors publish it does not accept.
    WeightBeyondIpvsadm {
        /// Name of the real server.
        server: String,
        /// Its weight.
        weight: u32,
    },
    /// Connections are scheduled, not requests.
    FewConnections {
        /// Connections that carry the requests.
        connections: u64,
        /// Requests.
        requests: u64,
    },
    /// rr or wrr would end within a cycle.
    IncompleteCycle {
        /// Name of the scheduler.
        scheduler: String,
        /// Connections to come.
        connections: u64,
        /// Connections of one cycle.
        length: u64,
        /// The next number that is whole cycles.
        needed: u64,
    },
    /// Too few connections to tell a difference of the tolerance from chance.
    TooFewConnections {
        /// Connections to come.
        connections: u64,
        /// Connections that would decide.
        needed: u64,
        /// The tolerance.
        tolerance: Share,
    },
}

impl Advice {
    /// Whether it is about the size of the run only: after it, findings say what became of that.
    pub(crate) const fn is_about_the_sample(&self) -> bool {
        matches!(
            self,
            Self::IncompleteCycle { .. } | Self::TooFewConnections { .. }
        )
    }
}
