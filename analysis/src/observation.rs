//! What a lab saw: the input of every judgement.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use director_setup::{Forwarding, Persistence, Scheduler, ServiceFlags, Thresholds, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Share;
use crate::figures::{counted, time_limit};
use crate::model::ServerSettings;

/// Everything that one run of one experiment observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Name of the experiment.
    pub experiment: String,
    /// The engine whose kernel the lab ran in: `native`, `uml`.
    pub engine: String,
    /// Release of the kernel that forwarded, as `uname -r` gives it.
    pub kernel: String,
    /// The virtual service under test.
    pub service: VirtualService,
    /// The real servers, in the order in which they were added to the service. The kernel inserts
    /// at the head of its list, so schedulers walk them in reverse (`list_add_rcu` in
    /// `__ip_vs_update_dest`, Linux 6.1).
    pub servers: Vec<ServerObservation>,
    /// What the load generator did and measured.
    pub load: LoadObservation,
    /// Whether the kernel's counters had caught up when they were read.
    pub counters: CounterState,
    /// What the director received from clients and servers, in its own order.
    pub trace: Vec<TracedSegment>,
    /// The connections that IPVS remembered after the load. Asked for where the trace does not name
    /// the real servers, because their replies bypass the director; empty otherwise.
    pub connection_table: Vec<RememberedConnection>,
    /// Checks of the topology itself, such as which MAC address answered for the VIP.
    pub proofs: Vec<Proof>,
    /// Wall time of each stage, in order.
    pub stages: Vec<Stage>,
    /// Largest difference between observed and expected share that still passes, 0 to 1.
    pub tolerance: f64,
}

impl Observation {
    /// Connections on which the client got an answer, whichever server gave it.
    pub fn client_connections(&self) -> u64 {
        let servers = self.servers.iter();
        servers.fold(0, |sum, one| sum.saturating_add(one.client_connections))
    }

    /// Connections that IPVS's counters showed.
    pub fn kernel_connections(&self) -> u64 {
        let servers = self.servers.iter();
        servers.fold(0, |sum, one| sum.saturating_add(one.kernel_connections))
    }

    /// Each server's weight as a part of all weights; `None` for every server if all are 0.
    pub fn configured_shares(&self) -> impl Iterator<Item = Option<Share>> {
        let weights = || {
            self.servers
                .iter()
                .map(|server| u64::from(server.weight.get()))
        };
        let total = weights().sum();
        weights().map(move |weight| Share::of(weight, total))
    }
}

/// The virtual service as it was configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualService {
    /// Virtual address and port.
    pub vip: SocketAddr,
    /// Scheduler of the service.
    pub scheduler: Scheduler,
    /// Flags of the service and its scheduler.
    pub flags: ServiceFlags,
    /// Whether and how long a client stays with its real server.
    pub persistence: Option<Persistence>,
    /// Forwarding method of all its real servers.
    pub forwarding: Forwarding,
}

/// One real server, with what the three witnesses counted for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerObservation {
    /// Name in the experiment, for instance `rs1`.
    pub name: String,
    /// Address and port of the real server.
    pub address: SocketAddr,
    /// Configured weight.
    pub weight: Weight,
    /// When it counts as full.
    pub thresholds: Thresholds,
    /// Requests that the client saw answered by this server.
    pub client_requests: u64,
    /// Connections on which the client got at least one answer from this server.
    pub client_connections: u64,
    /// Requests that the server says it answered.
    pub server_requests: u64,
    /// Connections that the server says it accepted.
    pub server_connections: u64,
    /// Connections that IPVS says it scheduled to this server.
    pub kernel_connections: u64,
    /// Packets from clients to this server, counted by IPVS.
    pub kernel_packets_in: u64,
    /// Packets from this server to clients, counted by IPVS; 0 where replies bypass the director.
    pub kernel_packets_out: u64,
}

impl ServerObservation {
    /// How it was configured.
    pub const fn settings(&self) -> ServerSettings {
        ServerSettings {
            weight: self.weight,
            thresholds: self.thresholds,
        }
    }
}

/// Whether the counters of IPVS showed the whole load when they were read: an estimator copies
/// them every 2 s (`ip_vs_est.c`, Linux 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CounterState {
    /// They showed every connection that the client tried to open.
    Settled,
    /// They did not within the wait: they were late, or there was no more for them to show.
    Behind,
}

/// The load that was offered and what the client measured.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadObservation {
    /// Requests that were asked for.
    pub requests_planned: u64,
    /// Requests that were answered as expected.
    pub requests_completed: u64,
    /// Requests that failed.
    pub requests_failed: u64,
    /// Requests that were under way when the load was stopped, and were dropped.
    pub requests_unfinished: u64,
    /// Connections that the client tried to open.
    pub connections_attempted: u64,
    /// Connections open at a time.
    pub concurrency: u32,
    /// Whether a connection carries more than one request.
    pub keep_alive: bool,
    /// From the first connect to the last answer.
    pub elapsed: Duration,
    /// Time from the start of a request (its connect, if it opens the connection) to the end of
    /// the answer; only of completed requests, `None` if there are none.
    pub latency: Option<LatencySummary>,
    /// Failures by class; only classes that occurred.
    pub errors: Vec<ErrorTally>,
    /// Why the load ended before all planned requests were sent, if it did.
    pub stopped_early: Option<StoppedEarly>,
}

impl LoadObservation {
    /// Requests that the client began, whatever became of them.
    pub fn requests_started(&self) -> u64 {
        let ended = self.requests_completed.saturating_add(self.requests_failed);
        ended.saturating_add(self.requests_unfinished)
    }
}

/// How often one class of failure occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorTally {
    /// A stable name for machines, for instance `connect-refused`.
    pub code: String,
    /// The class in words, for instance `connect refused`.
    #[serde(rename = "class")]
    pub words: String,
    /// Requests that failed so.
    pub count: u64,
}

/// Why a load ended before its plan did.
///
/// `Display` gives a clause: `the time limit of 60 s was reached`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum StoppedEarly {
    /// This time was over.
    TimeLimit(
        #[serde(with = "limit")]
        #[schemars(with = "limit::Limit")]
        Duration,
    ),
    /// Too many requests failed.
    GaveUp {
        /// So many failures were enough.
        failed: u64,
    },
    /// Someone asked for it.
    Interrupted,
}

impl fmt::Display for StoppedEarly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeLimit(limit) => {
                write!(f, "the time limit of {} was reached", time_limit(*limit))
            }
            Self::GaveUp { failed } => write!(f, "{} had failed", counted(*failed, "request")),
            Self::Interrupted => f.write_str("it was interrupted"),
        }
    }
}

/// A time limit in the record, in milliseconds as every time there.
mod limit {
    use std::time::Duration;

    use schemars::JsonSchema;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::figures::milliseconds;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Limit {
        /// The time limit in milliseconds.
        limit_ms: u64,
    }

    pub(super) fn serialize<S: Serializer>(limit: &Duration, to: S) -> Result<S::Ok, S::Error> {
        let limit_ms = milliseconds(*limit);
        Limit { limit_ms }.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let limit = Limit::deserialize(from)?;
        Ok(Duration::from_millis(limit.limit_ms))
    }
}

/// Percentiles of a latency distribution, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencySummary {
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p99_9: u64,
    /// Largest value.
    pub max: u64,
}

/// A TCP segment with SYN, FIN or RST that the director received, in the order of reception.
///
/// These are the segments that move a connection between the states that schedulers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedSegment {
    /// Time since the trace began.
    pub at: Duration,
    /// The client's address and port: the key of the connection within the service.
    pub client: SocketAddrV4,
    /// Where the segment came from and, for a reply, from which real server.
    pub from: Sender,
    /// What it does to the connection.
    pub kind: SegmentKind,
}

/// An entry of the kernel's connection table: the latest connection from this source, and the real
/// server that it was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedConnection {
    /// The client's address and port.
    pub client: SocketAddrV4,
    /// The real server's address.
    pub server: Ipv4Addr,
}

/// Who sent a segment that the director received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sender {
    /// The client, towards the VIP.
    Client,
    /// A real server, towards the client: only where replies pass the director.
    Server(Ipv4Addr),
}

/// The effect of a TCP segment on its connection; RST wins over SYN over FIN, as in `tcp_state_idx`
/// of `net/netfilter/ipvs/ip_vs_proto_tcp.c` (Linux 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SegmentKind {
    /// Opens: a SYN without ACK from a client, a SYN with ACK from a server.
    Syn,
    /// Closes one direction.
    Fin,
    /// Aborts.
    Rst,
}

/// One fact about the topology that must hold for the shares to mean anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// The claim, as a sentence.
    pub claim: String,
    /// Whether it held.
    pub holds: bool,
    /// What was seen.
    pub seen: String,
}

/// Wall time of one stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// `boot`, `lab`, `load`, `settle`, `report`.
    pub name: String,
    /// How long it took.
    pub took: Duration,
}
