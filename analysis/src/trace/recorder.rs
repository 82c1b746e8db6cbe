//! Takes events one by one and refuses what cannot have happened.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use director_setup::{Protocol, Thresholds};

use super::{Decision, Event, Header, TimedEvent, Trace};
use crate::model::{ListError, ServerSettings};
use crate::replay::Flow;

/// The most events of a trace.
pub const MOST_EVENTS: usize = 4_000_000;
/// The most real servers that a traced service may ever have.
pub const MOST_SERVERS: usize = 16_384;
/// The latest time of an event: 31 days.
pub const LONGEST_LIFE: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Why an event cannot have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Events are in order.
    #[error(
        "it happened before the event above it, which was at {before:?}: sort the events by time"
    )]
    TimeGoesBack {
        /// When the event above happened.
        before: Duration,
    },
    /// Nobody records for so long.
    #[error(
        "it happened later than {LONGEST_LIFE:?}: times are seconds since the service was added"
    )]
    TooLate,
    /// No kernel has such a list of real servers.
    #[error(transparent)]
    Servers(#[from] ListError),
    /// A decision names a server that the service never had.
    #[error("{0} was never added: name a real server that an `add` above names, or `refused`")]
    NeverAdded(SocketAddr),
    /// A connection ends that never began.
    #[error("{client} has no connection: an `open` that was not refused must stand above", client = .0.client)]
    NeverOpened(Flow),
    /// A datagram has no end.
    #[error("a udp trace has neither `fin` nor `rst`: only `gone` ends a connection")]
    NotTcp,
    /// An IPv4 client cannot reach an IPv6 address, nor the other way round.
    #[error("{client} and {destination} are not of one family", client = .0.client, destination = .0.destination)]
    Families(Flow),
    /// More events than anybody can want.
    #[error("a trace has at most {MOST_EVENTS} events: begin a new one")]
    TooManyEvents,
    /// More servers than anybody can want.
    #[error("a traced service has at most {MOST_SERVERS} real servers")]
    TooManyServers,
}

/// A trace that grows.
#[derive(Debug)]
pub struct Recorder {
    trace: Trace,
    header_lines: usize,
    now: Duration,
    /// Every server that the service ever had; whether it is listed now.
    servers: HashMap<SocketAddr, bool>,
    open: HashSet<Flow>,
}

impl Recorder {
    /// A trace without events.
    pub fn new(header: Header) -> Self {
        // An empty line follows the header.
        let header_lines = header.to_string().lines().count() + 1;
        Self {
            trace: Trace {
                header,
                events: Vec::new(),
            },
            header_lines,
            now: Duration::ZERO,
            servers: HashMap::new(),
            open: HashSet::new(),
        }
    }

    /// The next event; its time is cut to microseconds.
    pub fn record(&mut self, at: Duration, event: Event) -> Result<(), Contradiction> {
        let line = self.header_lines + self.trace.events.len() + 1;
        self.record_line(line, at, event)
    }

    /// The same, of an event that stands in this line.
    pub(super) fn record_line(
        &mut self,
        line: usize,
        at: Duration,
        event: Event,
    ) -> Result<(), Contradiction> {
        let at = Duration::new(at.as_secs(), at.subsec_micros() * 1_000);
        self.pass_time(at)?;
        if self.trace.events.len() == MOST_EVENTS {
            return Err(Contradiction::TooManyEvents);
        }
        self.happen(event)?;
        self.trace.events.push(TimedEvent { line, at, event });
        Ok(())
    }

    /// What was recorded.
    pub fn finish(self) -> Trace {
        self.trace
    }

    fn pass_time(&mut self, at: Duration) -> Result<(), Contradiction> {
        if at < self.now {
            return Err(Contradiction::TimeGoesBack { before: self.now });
        }
        if at > LONGEST_LIFE {
            return Err(Contradiction::TooLate);
        }
        self.now = at;
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Contradiction> {
        match event {
            Event::Add { server, settings } => self.add(server, settings),
            Event::Edit { server, settings } => {
                self.must_be_listed(server)?;
                check(server, settings.thresholds)
            }
            Event::Remove(server) => {
                self.must_be_listed(server)?;
                self.servers.insert(server, false);
                Ok(())
            }
            Event::Open { flow, decision } => self.open(flow, decision),
            Event::Fin { flow, .. } | Event::Rst { flow, .. } => {
                if self.trace.header.protocol != Protocol::Tcp {
                    return Err(Contradiction::NotTcp);
                }
                self.must_be_open(flow)
            }
            Event::Gone(flow) => {
                self.must_be_open(flow)?;
                self.open.remove(&flow);
                Ok(())
            }
            Event::Count { server, .. } => self.must_be_listed(server),
        }
    }

    fn add(&mut self, server: SocketAddr, settings: ServerSettings) -> Result<(), Contradiction> {
        check(server, settings.thresholds)?;
        match self.servers.get(&server) {
            Some(true) => return Err(ListError::Exists(server).into()),
            None if self.servers.len() == MOST_SERVERS => {
                return Err(Contradiction::TooManyServers);
            }
            Some(false) | None => {}
        }
        self.servers.insert(server, true);
        Ok(())
    }

    fn open(&mut self, flow: Flow, decision: Decision) -> Result<(), Contradiction> {
        if flow.client.is_ipv4() != flow.destination.is_ipv4() {
            return Err(Contradiction::Families(flow));
        }
        if let Decision::Server(server) = decision {
            if !self.servers.contains_key(&server) {
                return Err(Contradiction::NeverAdded(server));
            }
            self.open.insert(flow);
        }
        Ok(())
    }

    fn must_be_listed(&self, server: SocketAddr) -> Result<(), Contradiction> {
        match self.servers.get(&server) {
            Some(true) => Ok(()),
            Some(false) | None => Err(ListError::Unknown(server).into()),
        }
    }

    fn must_be_open(&self, flow: Flow) -> Result<(), Contradiction> {
        if self.open.contains(&flow) {
            Ok(())
        } else {
            Err(Contradiction::NeverOpened(flow))
        }
    }
}

fn check(address: SocketAddr, thresholds: Thresholds) -> Result<(), Contradiction> {
    let Thresholds { upper, lower } = thresholds;
    if lower > upper {
        let error = ListError::Thresholds {
            address,
            lower,
            upper,
        };
        return Err(error.into());
    }
    Ok(())
}
