//! The JSON that a run leaves: the only truth, from which every view is made.
//!
//! The schema is committed as `schema/record-1.json`.

mod assemble;
mod parse;

use std::net::SocketAddr;

use director_setup::{Forwarding, Scheduler, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advice::Advice;
use crate::judge::{Explanation, Finding, IntervalKind, KeyPopulation};
use crate::observation::{CounterState, ErrorTally, Proof, StoppedEarly};
use crate::replay::PickAgreement;
use crate::{Interval, Share, Verdict};

pub use parse::{RecordError, parse_records};

/// The version of the record's form that this crate writes and reads.
pub const FORMAT: u32 = 1;

/// One run of one experiment, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Version of this form: [`FORMAT`].
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// The engine whose kernel the lab ran in.
    pub engine: String,
    /// Release of the kernel that forwarded.
    pub kernel: String,
    /// Outcome.
    pub verdict: Verdict,
    /// The virtual service under test.
    pub service: ServiceRecord,
    /// The load that was offered and what the client measured.
    pub load: LoadRecord,
    /// The real servers, in the order in which they were added to the service.
    pub servers: Vec<ServerRecord>,
    /// Why the run did not pass, the weightiest first; empty if it passed.
    pub reasons: Vec<Reason>,
    /// What is right and may surprise.
    pub explanations: Vec<Note>,
    /// What the configuration and the planned load say before the run.
    #[serde(default)]
    pub advice: Vec<AdviceNote>,
    /// Largest difference between observed and expected share that passes.
    pub tolerance: Share,
    /// Largest difference between observed and expected share; null if either is unknown.
    pub largest_share_error: Option<Share>,
    /// Half the sum of all differences between observed and expected shares: the part of the
    /// connections that went elsewhere than expected. Null if either is unknown.
    pub total_variation: Option<Share>,
    /// How many single decisions of the kernel were the model's; null where nothing names the servers.
    pub pick_agreement: Option<PickAgreement>,
    /// How far an observed share may lie from the expected one, and why; null if nothing is
    /// expected.
    #[serde(default)]
    pub interval: Option<IntervalKind>,
    /// The distinct keys that a hashing scheduler saw; null for others, and under persistence.
    #[serde(default)]
    pub keys: Option<KeyPopulation>,
    /// Whether the kernel's counters had caught up when they were read.
    pub counters: CounterState,
    /// Checks of the topology.
    pub proofs: Vec<Proof>,
    /// Wall time of each stage, in order.
    pub stages: Vec<StageRecord>,
}

/// The virtual service under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRecord {
    /// Virtual address and port.
    #[schemars(with = "String")]
    pub vip: SocketAddr,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Name of the scheduler, as `ipvsadm -s` takes it.
    #[schemars(with = "String")]
    pub scheduler: Scheduler,
    /// Forwarding method.
    #[schemars(with = "String")]
    pub forwarding: Forwarding,
    /// Names of its flags, as `ipvsadm -b` takes them.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Whether and how long a client stays with its real server; null if it does not.
    #[serde(default)]
    pub persistent: Option<PersistenceRecord>,
}

/// How a client stays with the real server that it was given first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersistenceRecord {
    /// Seconds after the client's last connection until it is scheduled anew.
    pub timeout_seconds: u32,
    /// The part of a client's address that tells it from others: a mask for IPv4, a prefix length
    /// for IPv6, as `ipvsadm -M` takes it.
    pub netmask: String,
}

/// Transport protocol of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
}

/// The load that was offered and what the client measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// Requests that were asked for.
    pub requests: u64,
    /// Requests that were answered as expected.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that were under way when the load was stopped, and were dropped.
    pub unfinished: u64,
    /// Failures by class; only classes that occurred.
    pub errors: Vec<ErrorTally>,
    /// Why the load ended before its plan did; null if it did not.
    pub stopped_early: Option<EarlyEnd>,
    /// Connections that the client tried to open.
    pub connections_attempted: u64,
    /// Connections open at a time.
    pub concurrency: u32,
    /// Whether a connection carries more than one request.
    pub keep_alive: bool,
    /// From the first connect to the last answer, in milliseconds.
    pub elapsed_ms: u64,
    /// Completed requests per second; null if no time passed.
    pub requests_per_second: Option<f64>,
    /// Percentiles of the latency of completed requests, in microseconds; null if there are none.
    pub latency_us: Option<LatencyRecord>,
}

/// Why a load ended before its plan did, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EarlyEnd {
    /// The reason in words.
    pub words: String,
    /// The reason itself.
    #[serde(flatten)]
    pub reason: StoppedEarly,
}

/// Percentiles of a latency distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyRecord {
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    #[serde(rename = "p99.9")]
    pub p99_9: u64,
    /// Largest value.
    pub max: u64,
}

/// One real server: what it was owed and what the three witnesses counted. Shares are of
/// connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerRecord {
    /// Name in the experiment.
    pub name: String,
    /// Address and port.
    #[schemars(with = "String")]
    pub address: SocketAddr,
    /// Configured weight.
    #[schemars(with = "u32")]
    pub weight: Weight,
    /// From so many connections on, open and remembered, it gets no new ones; 0: no limit.
    #[serde(default)]
    pub upper_threshold: u32,
    /// Below so many it gets new ones again; 0: below three quarters of the upper threshold.
    #[serde(default)]
    pub lower_threshold: u32,
    /// Weight as a part of all weights; null if all are 0.
    pub configured_share: Option<Share>,
    /// Share that the scheduler's model predicts; null if there is no prediction.
    pub expected_share: Option<Share>,
    /// Share of the connections on which the client got an answer; null if there are none.
    pub observed_share: Option<Share>,
    /// 95 % Wilson interval around the observed share.
    pub observed_interval: Option<Interval>,
    /// Shares that the model allows for: because of an incomplete cycle, over many seeds, or over
    /// the orders in which near-simultaneous connections may have come; null where it gives one
    /// share only.
    #[serde(default)]
    pub expected_interval: Option<Interval>,
    /// Connections that the scheduler's model predicts.
    pub expected_connections: Option<u64>,
    /// Requests that the client saw answered by this server.
    pub client_requests: u64,
    /// Connections on which the client got an answer from this server.
    pub client_connections: u64,
    /// Requests that the server says it answered.
    pub server_requests: u64,
    /// Connections that the server says it accepted.
    pub server_connections: u64,
    /// Connections that IPVS says it scheduled to this server.
    pub kernel_connections: u64,
    /// Packets from clients to this server, counted by IPVS.
    pub kernel_packets_in: u64,
    /// Packets from this server to clients, counted by IPVS.
    pub kernel_packets_out: u64,
}

/// One finding with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What a run with this finding is at best.
    pub verdict: Verdict,
    /// The finding as a sentence.
    pub sentence: String,
    /// What to do about it.
    pub advice: String,
    /// The finding itself.
    #[serde(flatten)]
    pub finding: Finding,
}

/// One explanation with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// The explanation as a sentence or two.
    pub sentence: String,
    /// The explanation itself.
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// One piece of advice with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdviceNote {
    /// The advice as a sentence or two.
    pub sentence: String,
    /// What to do if it is not meant so; null where there is nothing to do.
    pub remedy: Option<String>,
    /// The advice itself.
    #[serde(flatten)]
    pub advice: Advice,
}

/// Wall time of one stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageRecord {
    /// Name of the stage.
    pub name: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// The JSON Schema of [`Record`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Record)
}

impl LoadRecord {
    /// Requests that the client began, whatever became of them.
    pub fn started(&self) -> u64 {
        let ended = self.completed.saturating_add(self.failed);
        ended.saturating_add(self.unfinished)
    }
}

impl Record {
    /// Connections on which the client got an answer.
    pub fn client_connections(&self) -> u64 {
        let servers = self.servers.iter();
        servers.fold(0, |sum, one| sum.saturating_add(one.client_connections))
    }
}

#[cfg(test)]
mod tests;
