//! Waiting for the connections of servers that shall go.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::carry_out::{Director, Observer};
use crate::{Error, ServiceKey};

/// How long connections are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// After so long the servers are deleted whatever is open.
    pub deadline: Duration,
    /// The time from one look at the connections to the next.
    pub interval: Duration,
}

/// How a wait goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draining {
    /// Servers that still have connections, or templates of persistent clients.
    pub busy: usize,
    /// Servers that are waited for.
    pub servers: usize,
    /// Their connections, active, inactive and templates.
    pub connections: u64,
    /// Since when is waited.
    pub elapsed: Duration,
    /// How long is waited at most.
    pub deadline: Duration,
}

/// A real server that shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Leaving {
    pub(super) key: ServiceKey,
    pub(super) address: SocketAddr,
}

/// A wait within a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    /// The step before which is waited.
    pub(super) before: usize,
    pub(super) drain: Drain,
    pub(super) leaving: Vec<Leaving>,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = servers(self.leaving.len());
        let seconds = self.drain.deadline.as_secs_f64();
        write!(
            f,
            "wait until {servers} without connections, at most {seconds} s"
        )
    }
}

fn servers(count: usize) -> String {
    match count {
        1 => "1 real server is".to_owned(),
        _ => format!("{count} real servers are"),
    }
}

impl Wait {
    /// Returns when no connection is open, or when the deadline has passed.
    pub(super) fn pass(
        &self,
        director: &mut impl Director,
        observer: &mut impl Observer,
    ) -> Result<(), Error> {
        let Drain { deadline, interval } = self.drain;
        let start = Instant::now();
        loop {
            let (busy, connections) = self.open(director)?;
            let progress = Draining {
                busy,
                servers: self.leaving.len(),
                connections,
                elapsed: start.elapsed(),
                deadline,
            };
            let left = deadline.saturating_sub(progress.elapsed);
            if busy == 0 || left.is_zero() {
                observer.drained(&progress);
                return Ok(());
            }
            observer.draining(&progress);
            thread::sleep(interval.min(left));
        }
    }

    /// The servers with connections, and all of these. A server that somebody else has deleted has
    /// none.
    fn open(&self, director: &mut impl Director) -> Result<(usize, u64), Error> {
        let mut by_service: BTreeMap<ServiceKey, HashSet<SocketAddr>> = BTreeMap::new();
        for Leaving { key, address } in &self.leaving {
            by_service.entry(*key).or_default().insert(*address);
        }
        let mut open = (0, 0);
        for (key, leaving) in by_service {
            for entry in director.servers(&key)? {
                let counts = entry.connections;
                let connections = [counts.active, counts.inactive, counts.persistent];
                let connections: u64 = connections.map(u64::from).iter().sum();
                if connections > 0 && leaving.contains(&entry.server.address) {
                    open = (open.0 + 1, open.1 + connections);
                }
            }
        }
        Ok(open)
    }
}
