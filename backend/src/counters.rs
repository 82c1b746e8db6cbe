//! What a real server counts, and when.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// The counts of one real server at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections accepted since the start.
    pub connections: u64,
    /// Connections that are open now.
    pub open: u64,
    /// Responses produced since the start, of any status; those to `/stats` are not counted.
    pub requests: u64,
    /// Body bytes of these responses; headers are not counted.
    pub bytes: u64,
}

/// The live counters behind [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    connections: AtomicU64,
    open: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    pub(crate) fn snapshot(&self) -> Counters {
        Counters {
            connections: self.connections.load(Relaxed),
            open: self.open.load(Relaxed),
            requests: self.requests.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    /// To be called at accept; [`Tally::connection_closed`] is its counterpart.
    pub(crate) fn connection_accepted(&self) {
        self.connections.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    /// To be called when a response was produced, before it is written.
    pub(crate) fn request_answered(&self, body_bytes: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.bytes.fetch_add(body_bytes, Relaxed);
    }
}
