//! Where model and kernel part.

use std::fmt;
use std::net::SocketAddr;

use director_setup::{Thresholds, Weight};
use serde::{Serialize, Serializer};

use super::Decision;
use crate::model::Candidate;

/// The first answer of the model that is not the kernel's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The number of the event's line, counted from 1.
    pub line: usize,
    /// The event as the trace has it.
    pub event: String,
    /// What the model says.
    pub model: Answer,
    /// What the kernel said.
    pub kernel: Answer,
    /// The listed servers just before the event as the model has them, the one added last first: so
    /// the kernel's schedulers walk them.
    pub servers: Vec<ServerState>,
}

/// What was compared; in JSON it is its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A decision.
    Decision(Decision),
    /// What is open at a server.
    Counts {
        /// Its active connections.
        active: u32,
        /// Its inactive connections.
        inactive: u32,
    },
}

/// A real server as a scheduler sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerState {
    /// Its address and port.
    pub address: SocketAddr,
    /// Its weight.
    pub weight: Weight,
    /// Its active connections.
    pub active: u32,
    /// Its inactive connections.
    pub inactive: u32,
    /// When it counts as full.
    pub thresholds: Thresholds,
    /// Whether it counts as full.
    pub overloaded: bool,
}

impl Answer {
    pub(super) const fn counts_of(server: &Candidate) -> Self {
        Self::Counts {
            active: server.active,
            inactive: server.inactive,
        }
    }
}

impl From<Decision> for Answer {
    fn from(decision: Decision) -> Self {
        Self::Decision(decision)
    }
}

impl From<&Candidate> for ServerState {
    fn from(server: &Candidate) -> Self {
        Self {
            address: server.address,
            weight: server.weight,
            active: server.active,
            inactive: server.inactive,
            thresholds: server.thresholds,
            overloaded: server.overloaded,
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision(decision) => fmt::Display::fmt(decision, f),
            Self::Counts { active, inactive } => write!(f, "active {active} inactive {inactive}"),
        }
    }
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Thresholds { upper, lower } = self.thresholds;
        write!(
            f,
            "{:<21} {:>10} {:>8} {:>8} {:>7} {:>7}  {}",
            self.address.to_string(),
            self.weight.get(),
            self.active,
            self.inactive,
            upper,
            lower,
            if self.overloaded { "full" } else { "" },
        )
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}: {}", self.line, self.event)?;
        writeln!(f, "  model   {}", self.model)?;
        writeln!(f, "  kernel  {}", self.kernel)?;
        write!(
            f,
            "  {:<21} {:>10} {:>8} {:>8} {:>7} {:>7}",
            "server", "weight", "active", "inactive", "upper", "lower"
        )?;
        for server in &self.servers {
            write!(f, "\n  {}", server.to_string().trim_end())?;
        }
        Ok(())
    }
}
