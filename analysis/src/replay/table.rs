//! The connection table: which entry a flow leads to, and until when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::state::State;
use crate::director::Connection;

/// What the kernel tells connections of one service apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The client's address and port.
    pub client: SocketAddr,
    /// The address that the client asked for.
    pub destination: IpAddr,
}

/// One entry of the connection table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) connection: Connection,
    pub(super) state: State,
    expires: Option<Duration>,
}

/// All entries, with the order in which they expire.
#[derive(Debug, Default)]
pub(super) struct ConnectionTable {
    entries: HashMap<Flow, Entry>,
    /// Every deadline ever set; the entry itself says whether it still holds.
    deadlines: BinaryHeap<Reverse<(Duration, Flow)>>,
}

impl Entry {
    pub(super) fn new(connection: Connection, state: State) -> Self {
        Self {
            connection,
            state,
            expires: None,
        }
    }
}

impl ConnectionTable {
    pub(super) fn get(&self, flow: Flow) -> Option<Entry> {
        self.entries.get(&flow).copied()
    }

    /// Stores an entry whose timer starts `now` and returns the one that was there.
    pub(super) fn put(&mut self, flow: Flow, mut entry: Entry, now: Duration) -> Option<Entry> {
        let timeout = entry.state.timeout();
        entry.expires = timeout.map(|timeout| now.saturating_add(timeout));
        if let Some(deadline) = entry.expires {
            self.deadlines.push(Reverse((deadline, flow)));
        }
        self.entries.insert(flow, entry)
    }

    pub(super) fn remove(&mut self, flow: Flow) -> Option<Entry> {
        self.entries.remove(&flow)
    }

    /// Removes one entry whose time is over; with the time at which it was.
    pub(super) fn expire_one(&mut self, now: Duration) -> Option<(Duration, Entry)> {
        while let Some(Reverse((deadline, flow))) = self.deadlines.peek().copied() {
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            let expired = |entry: &Entry| entry.expires.is_some_and(|expires| expires <= now);
            if self.get(flow).as_ref().is_some_and(expired) {
                return self.entries.remove(&flow).map(|entry| (deadline, entry));
            }
        }
        None
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
