//! The connection table: which entry a client's address and port leads to, and until when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddrV4;
use std::time::Duration;

use super::tcp::TcpState;

/// One entry of the connection table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Position of its real server in the kernel's list.
    pub(super) server: usize,
    pub(super) state: TcpState,
    /// Whether some segment has already named the real server that serves it.
    pub(super) answered: bool,
    expires: Option<Duration>,
}

/// All entries, with the order in which they expire.
#[derive(Debug, Default)]
pub(super) struct ConnectionTable {
    entries: HashMap<SocketAddrV4, Entry>,
    /// Every deadline ever set; the entry itself says whether it still holds.
    deadlines: BinaryHeap<Reverse<(Duration, SocketAddrV4)>>,
}

impl Entry {
    pub(super) fn new(server: usize, state: TcpState) -> Self {
        Self {
            server,
            state,
            answered: false,
            expires: None,
        }
    }
}

impl ConnectionTable {
    pub(super) fn get(&self, client: SocketAddrV4) -> Option<Entry> {
        self.entries.get(&client).copied()
    }

    /// Stores an entry whose timer starts `now` and returns the one that was there.
    pub(super) fn put(
        &mut self,
        client: SocketAddrV4,
        mut entry: Entry,
        now: Duration,
    ) -> Option<Entry> {
        let timeout = entry.state.timeout();
        entry.expires = timeout.map(|timeout| now.saturating_add(timeout));
        if let Some(deadline) = entry.expires {
            self.deadlines.push(Reverse((deadline, client)));
        }
        self.entries.insert(client, entry)
    }

    /// Removes one entry whose time is over.
    pub(super) fn expire_one(&mut self, now: Duration) -> Option<Entry> {
        while let Some(Reverse((deadline, client))) = self.deadlines.peek().copied() {
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            let expired = |entry: &Entry| entry.expires.is_some_and(|expires| expires <= now);
            if self.get(client).as_ref().is_some_and(expired) {
                return self.entries.remove(&client);
            }
        }
        None
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
