//! What happens in a trace.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use director_setup::Thresholds;

use super::Target;
use crate::model::ServerSettings;
use crate::replay::{Flow, Origin};

/// What the kernel did with a packet that may open a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It went to this real server, newly scheduled or not.
    Server(SocketAddr),
    /// It was refused, or dropped because its connection's server was removed.
    Refused,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A real server was added.
    Add {
        /// Its address and port.
        server: SocketAddr,
        /// Its weight and thresholds.
        settings: ServerSettings,
    },
    /// A real server got another weight or other thresholds.
    Edit {
        /// Its address and port.
        server: SocketAddr,
        /// Its new weight and thresholds.
        settings: ServerSettings,
    },
    /// A real server was removed.
    Remove(SocketAddr),
    /// A SYN or a datagram of a client.
    Open {
        /// Whose, and to where.
        flow: Flow,
        /// What the kernel did with it.
        decision: Decision,
    },
    /// An end of a connection has nothing more to say.
    Fin {
        /// Which connection.
        flow: Flow,
        /// Which end.
        from: Origin,
    },
    /// An end of a connection broke it off.
    Rst {
        /// Which connection.
        flow: Flow,
        /// Which end.
        from: Origin,
    },
    /// A connection's entry was seen to have expired.
    Gone(Flow),
    /// What the kernel says is open.
    Count {
        /// At which real server.
        server: SocketAddr,
        /// Its active connections.
        active: u32,
        /// Its inactive connections.
        inactive: u32,
    },
}

/// An event, when it happened, and its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedEvent {
    /// The number of its line, counted from 1.
    pub line: usize,
    /// Since the service was added, in whole microseconds.
    pub at: Duration,
    /// What happened.
    pub event: Event,
}

impl Decision {
    /// The server that was picked.
    pub const fn server(self) -> Option<SocketAddr> {
        match self {
            Self::Server(server) => Some(server),
            Self::Refused => None,
        }
    }
}

impl From<Option<SocketAddr>> for Decision {
    fn from(server: Option<SocketAddr>) -> Self {
        server.map_or(Self::Refused, Self::Server)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => fmt::Display::fmt(server, f),
            Self::Refused => f.write_str("refused"),
        }
    }
}

impl TimedEvent {
    /// The event's line in the trace of a service for `target`.
    pub(super) fn text(&self, target: Target) -> impl fmt::Display {
        EventText {
            at: self.at,
            event: self.event,
            target,
        }
    }
}

struct EventText {
    at: Duration,
    event: Event,
    target: Target,
}

impl EventText {
    fn flow(&self, f: &mut fmt::Formatter<'_>, flow: Flow) -> fmt::Result {
        write!(f, "{}", flow.client)?;
        match self.target {
            Target::Address(_) => Ok(()),
            Target::FirewallMark(_) => write!(f, " to {}", flow.destination),
        }
    }
}

impl fmt::Display for EventText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} ", self.at.as_secs(), self.at.subsec_micros())?;
        match self.event {
            Event::Add { server, settings } => {
                write!(f, "add {server}")?;
                write_settings(f, settings)
            }
            Event::Edit { server, settings } => {
                write!(f, "edit {server}")?;
                write_settings(f, settings)
            }
            Event::Remove(server) => write!(f, "remove {server}"),
            Event::Open { flow, decision } => {
                f.write_str("open ")?;
                self.flow(f, flow)?;
                write!(f, " {decision}")
            }
            Event::Fin { flow, from } => {
                f.write_str("fin ")?;
                self.flow(f, flow)?;
                write!(f, " {}", origin_name(from))
            }
            Event::Rst { flow, from } => {
                f.write_str("rst ")?;
                self.flow(f, flow)?;
                write!(f, " {}", origin_name(from))
            }
            Event::Gone(flow) => {
                f.write_str("gone ")?;
                self.flow(f, flow)
            }
            Event::Count {
                server,
                active,
                inactive,
            } => write!(f, "count {server} active {active} inactive {inactive}"),
        }
    }
}

fn write_settings(f: &mut fmt::Formatter<'_>, settings: ServerSettings) -> fmt::Result {
    let ServerSettings { weight, thresholds } = settings;
    let Thresholds { upper, lower } = thresholds;
    write!(f, " weight {weight}")?;
    for (name, threshold) in [("upper", upper), ("lower", lower)] {
        if threshold > 0 {
            write!(f, " {name} {threshold}")?;
        }
    }
    Ok(())
}

const fn origin_name(from: Origin) -> &'static str {
    match from {
        Origin::Client => "client",
        Origin::Server => "server",
    }
}
