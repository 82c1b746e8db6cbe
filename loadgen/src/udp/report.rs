//! What came of a load of datagrams.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Datagrams, ErrorClass, Live, StopReason, Timing};

/// Servers beyond this many different ones are counted together.
const MAX_SERVERS: usize = 64;
const OTHER_SERVERS: &str = "(other servers)";

/// What one server echoed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Datagrams that it was the first to echo, in time.
    pub received: u64,
    /// From when each was due (in a closed loop: sent) to its echo.
    pub latency: Timing,
}

/// What came of a load of datagrams. Each that was sent was received or lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that were echoed in time.
    pub received: u64,
    /// Datagrams that were not.
    pub lost: u64,
    /// Echoes beyond the first of a datagram.
    pub duplicated: u64,
    /// Echoes of datagrams that are counted as lost.
    pub late: u64,
    /// Datagrams whose echo came after that of one sent later in the same flow (RFC 4737).
    pub reordered: u64,
    /// Datagrams that are no echoes.
    pub stray: u64,
    /// Datagrams that could not be sent, and flows that could not be begun; not in `sent`.
    pub unsent: u64,
    /// Why datagrams were not sent, and what came instead of echoes.
    pub errors: BTreeMap<ErrorClass, u64>,
    /// From when each received datagram was due (in a closed loop: sent) to its echo.
    pub latency: Timing,
    /// By how much datagrams were sent later than they were due; open loop only.
    pub lag: Timing,
    /// By the server that echoed first; the name is empty if it gave none.
    pub by_server: BTreeMap<String, Tally>,
    /// From the beginning to the last datagram that was sent.
    pub sending: Duration,
    /// From the beginning to the last echo, or until the last datagram was lost.
    pub elapsed: Duration,
    /// Why the load ended before all datagrams were sent.
    pub stopped_early: Option<StopReason>,
}

impl Report {
    /// What is shown while the load lasts.
    pub(super) fn live(&self) -> Live {
        let received = |(name, tally): (&String, &Tally)| (name.clone(), tally.received);
        Live {
            latency: self.latency.clone(),
            errors: self.errors.clone(),
            servers: self.by_server.iter().map(received).collect(),
        }
    }

    /// What became of the datagrams, in numbers.
    pub fn datagrams(&self) -> Datagrams {
        Datagrams {
            sent: self.sent,
            received: self.received,
            lost: self.lost,
            duplicates: self.duplicated,
            reordered: self.reordered,
            late: self.late,
            stray: self.stray,
        }
    }

    pub(super) fn count_received(&mut self, server: Option<&str>, latency: Duration) {
        self.received += 1;
        self.latency.record(latency);
        let name = server.unwrap_or_default();
        let known = self.by_server.contains_key(name);
        let name = if known || self.by_server.len() < MAX_SERVERS {
            name
        } else {
            OTHER_SERVERS
        };
        if !self.by_server.contains_key(name) {
            self.by_server.insert(name.to_owned(), Tally::default());
        }
        if let Some(tally) = self.by_server.get_mut(name) {
            tally.received += 1;
            tally.latency.record(latency);
        }
    }

    pub(super) fn count_error(&mut self, class: ErrorClass) {
        *self.errors.entry(class).or_default() += 1;
    }
}
