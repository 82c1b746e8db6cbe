//! What a host and a lab say to each other.

use std::time::Duration;

use analysis::Record;
use analysis::record::StageRecord;
use serde::{Deserialize, Serialize};

use crate::experiment::Experiment;

/// From the host to the lab: the only message in that direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Name of the engine, for the record.
    pub engine: String,
    /// Run in this order, each in a lab of its own.
    pub experiments: Vec<Experiment>,
}

/// From the lab to the host, in order: one `Hello`, any number of events and heartbeats, one
/// `Outcome` for each experiment, one `Bye`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Message {
    /// The lab is up.
    Hello(Hello),
    /// Nothing has happened, and the lab is alive.
    Heartbeat,
    /// Something happened that a person may want to see.
    Event(Event),
    /// An experiment ended.
    Outcome(Box<Outcome>),
    /// All is done; nothing follows.
    Bye,
}

/// The lab introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Kernel release, as `uname -r` gives it.
    pub kernel: String,
}

/// Progress of the experiment whose outcome comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A stage began.
    StageBegan(StageName),
    /// Load is running.
    Loading {
        /// Requests done, answered or failed.
        done: u64,
        /// Requests planned.
        planned: u64,
    },
}

/// The stages of an experiment, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// The engine starts: a guest boots.
    Boot,
    /// Namespaces, links, servers and the virtual service are made.
    Lab,
    /// The client sends requests.
    Load,
    /// The kernel's counters catch up.
    Settle,
    /// Shares are judged.
    Report,
}

impl StageName {
    /// The name in records and displays.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Lab => "lab",
            Self::Load => "load",
            Self::Settle => "settle",
            Self::Report => "report",
        }
    }

    /// For a record: the stage and its duration in whole milliseconds.
    pub fn record(self, took: Duration) -> StageRecord {
        let ms = took.as_millis().try_into().unwrap_or(u64::MAX);
        StageRecord {
            name: self.name().to_owned(),
            ms,
        }
    }
}

/// How an experiment ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Outcome {
    /// It ran and was judged.
    Judged(Box<Record>),
    /// The lab could not be built or run.
    Broken(Breakage),
}

/// Why an experiment could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakage {
    /// The error and its causes, in one line.
    pub message: String,
    /// What it means for the exit code.
    pub kind: BreakageKind,
}

/// Whose fault it is that an experiment could not be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BreakageKind {
    /// The kernel lacks something that the experiment asks for.
    Missing,
    /// Anything else: not foreseen.
    Bug,
}
