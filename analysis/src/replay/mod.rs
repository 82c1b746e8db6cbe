//! Replays what the director received through a model of its scheduler.
//!
//! The replay keeps the connection table that the kernel keeps, entry by entry, so that the model
//! sees the same active and inactive connections at each decision. The model decides from its own
//! earlier picks, not from the kernel's: an error of the kernel cannot leak into the expectation.
//!
//! [`Replay`] is the director, driven packet by packet; [`replay()`] drives it with what a lab saw.
//!
//! Five simplifications:
//!
//! - Pure ACKs are not in the trace. Where replies pass the director, the handshake counts as
//!   complete at the server's SYN-ACK; where they bypass it, at the client's SYN; and a FIN proves
//!   that it was.
//! - Packets with data are not in the trace, so an established connection never expires.
//! - The sysctls under `net.ipv4.vs` have their defaults (`conn_reuse_mode` 1, `sloppy_tcp` 0,
//!   `expire_nodest_conn` 0, `expire_quiescent_template` 0), and so have the timeouts.
//! - A client that uses its port again soon replaces the entry of the connection before, which goes
//!   on counting until the kernel's clock ticks; here for half a tick of 10 ms.
//! - Entries expire when their time is over. The kernel's timers are late by up to an eighth of it
//!   (`kernel/time/timer.c`).

mod engine;
mod observed;
mod state;
mod table;
mod tcp;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::director::NoModel;
use crate::model::ListError;
pub use engine::{Opening, Origin, Replay, Replies};
pub use observed::replay;
pub(crate) use state::{UDP_TIMEOUT, lingering};
pub use table::Flow;

/// Why a trace cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The scheduler is unknown.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// No kernel has such a list of real servers.
    #[error(transparent)]
    Servers(#[from] ListError),
}

/// What the model would have done with the connections of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Connections given to each real server, in the order of
    /// [`Observation::servers`](crate::Observation::servers).
    pub picks: Vec<u64>,
    /// Connections refused because no server may take them.
    pub refused: u64,
    /// Connections that are still active at the end of the trace: no segment in it closes them.
    pub still_active: u64,
    /// How often the kernel picked the same server for the same connection; `None` if neither the
    /// trace nor the connection table names any server.
    pub pick_agreement: Option<PickAgreement>,
}

/// How many single decisions of the kernel were the model's as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PickAgreement {
    /// Connections whose real server is known: from the trace, or from the connection table.
    pub compared: u64,
    /// Those of them for which the model picked the same server.
    pub agreed: u64,
}

impl Prediction {
    /// Connections that the model gave to some server.
    pub fn scheduled(&self) -> u64 {
        self.picks.iter().sum()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::closed_loop_over_equal_servers;
