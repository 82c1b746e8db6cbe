//! One client, once, in one cell.

use std::fmt;

use serde::Serialize;

use crate::cell::Cell;
use crate::client::ClientName;

/// What it took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) round: u32,
    #[serde(flatten)]
    pub(crate) cell: Cell,
    pub(crate) client: ClientName,
    /// Completed; none failed.
    pub(crate) requests: u64,
    /// From the client's start to its end.
    pub(crate) seconds: f64,
    /// CPU of the client per request, in microseconds.
    pub(crate) user_us: f64,
    pub(crate) system_us: f64,
    /// The most memory that the client had resident, in MiB.
    pub(crate) peak_mib: f64,
    /// CPU of the server per request, in microseconds.
    pub(crate) server_us: f64,
}

impl Sample {
    /// CPU of the client per request, in microseconds.
    pub(crate) fn client_us(&self) -> f64 {
        self.user_us + self.system_us
    }

    pub(crate) fn requests_per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// A sample that says nothing, and why.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Invalid {
    pub(crate) round: u32,
    #[serde(flatten)]
    pub(crate) cell: Cell,
    pub(crate) client: ClientName,
    pub(crate) reason: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} against {}, {}, {} connections, round {}: {}",
            self.client,
            self.cell.server,
            self.cell.mode.text(),
            self.cell.connections,
            self.round,
            self.reason
        )
    }
}
