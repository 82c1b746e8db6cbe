//! One virtual service's life, as a text: what was done to it, and what the kernel decided.
//!
//! ```text
//! ipvs trace 1
//! kernel 6.1.176
//! protocol tcp
//! service 10.0.0.1:80
//! scheduler wlc
//!
//! 0.000000 add 10.1.0.1:8080 weight 4
//! 0.000210 add 10.1.0.2:8080 weight 1 upper 10 lower 5
//! 0.012000 open 10.64.0.1:40000 10.1.0.1:8080
//! 0.013500 fin 10.64.0.1:40000 server
//! 0.014000 count 10.1.0.1:8080 active 0 inactive 1
//! ```
//!
//! Lines of the header, in any order: `kernel` as `uname -r` says it, `protocol` tcp or udp,
//! `service` with its VIP and port or `fwmark N`, `scheduler`; and where they apply `flags`
//! (sh-port, sh-fallback, mh-port, mh-fallback, one-packet), `persistent SECONDS [netmask MASK]`,
//! `replies pass` (NAT, the default) or `replies bypass` (DR and TUN), and `mh-table ENTRIES`.
//!
//! Every other line is an event: seconds since the service was added, and one of
//!
//! - `add SERVER weight N [upper N] [lower N]`, `edit` with the same words, `remove SERVER`;
//! - `open CLIENT SERVER` or `open CLIENT refused`: the kernel's decision for a SYN or datagram; of
//!   a SYN that was not refused, the handshake is complete. What is dropped because it belongs to a
//!   connection of a removed server counts as refused;
//! - `fin CLIENT client` or `server`, and `rst` likewise: who sent it;
//! - `gone CLIENT`: the connection's entry was seen to have expired;
//! - `count SERVER active N inactive N`: what the kernel says is open.
//!
//! In the trace of a service by firewall mark `to ADDRESS` follows each CLIENT. Empty lines, and what
//! follows a `#`, mean nothing.
//!
//! [`conform`] replays a trace through the scheduler's model and compares decision by decision;
//! [`draws`] compares the picks of twos with their chances.

mod conform;
mod disagreement;
mod draws;
mod drive;
mod event;
mod header;
mod parse;
mod recorder;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

pub use conform::{ConformError, Conformance, Tally, conform};
pub use disagreement::{Answer, Disagreement, ServerState};
pub use draws::{Drawn, Draws, draws};
pub use event::{Decision, Event, TimedEvent};
pub use header::{Header, Target};
pub use parse::{Problem, TraceError};
pub use recorder::{Contradiction, LONGEST_LIFE, MOST_EVENTS, MOST_SERVERS, Recorder};

/// A trace that does not contradict itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    header: Header,
    events: Vec<TimedEvent>,
}

impl Trace {
    /// What is known of the service.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What happened, in order.
    pub fn events(&self) -> &[TimedEvent] {
        &self.events
    }

    /// How many connections the kernel gave to each server; `None` stands for those refused.
    pub fn picks(&self) -> BTreeMap<Option<SocketAddr>, u64> {
        let mut picks = BTreeMap::new();
        for timed in &self.events {
            if let Event::Open { decision, .. } = timed.event {
                *picks.entry(decision.server()).or_default() += 1;
            }
        }
        picks
    }
}

impl FromStr for Trace {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        parse::parse(text)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.header)?;
        for timed in &self.events {
            writeln!(f, "{}", timed.text(self.header.target))?;
        }
        Ok(())
    }
}
