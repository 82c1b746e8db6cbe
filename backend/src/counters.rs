//! What a real server counts, and when.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::StatusCode;
use serde::Serialize;

/// The counts of one real server at one moment. Each is exact; what goes on while they are read may
/// be in one and not yet in another.
///
/// Every counted request ends as a response, a reset, an answer that its client did not wait for, or
/// waits still. Requests for `/stats` and `/metrics` are not counted, unless
/// they stay without an answer or their connection is turned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections accepted since the start, the refused ones among them.
    pub connections: u64,
    /// Connections that are open now, without those that were refused.
    pub open: u64,
    /// Connections over the limit that were reset or answered by 503.
    pub refused: u64,
    /// Requests read to their end. A silent server reads and does not answer.
    pub requests: u64,
    /// Responses, counted just before their first byte is sent; resets are not among them.
    pub responses: Responses,
    /// Body bytes of these responses, and those sent before resets; neither heads nor chunk sizes.
    pub bytes: u64,
    /// Connections reset on purpose in place of (the rest of) a response.
    pub resets: u64,
    /// Connections that ended because what was sent is not HTTP.
    pub malformed: u64,
    /// UDP datagrams read.
    pub datagrams: u64,
    /// UDP datagrams echoed.
    pub echoes: u64,
}

/// Responses by the first digit of their status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Responses {
    /// 200 to 299.
    pub success: u64,
    /// 300 to 399.
    pub redirection: u64,
    /// 400 to 499.
    pub client_error: u64,
    /// 500 to 599.
    pub server_error: u64,
}

impl Responses {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.success + self.redirection + self.client_error + self.server_error
    }
}

/// The live counters behind [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    connections: AtomicU64,
    open: AtomicU64,
    refused: AtomicU64,
    requests: AtomicU64,
    responses: [AtomicU64; 4],
    bytes: AtomicU64,
    resets: AtomicU64,
    malformed: AtomicU64,
    datagrams: AtomicU64,
    echoes: AtomicU64,
}

impl Tally {
    pub(crate) fn snapshot(&self) -> Counters {
        let [success, redirection, client_error, server_error] =
            [0, 1, 2, 3].map(|class: usize| self.responses[class].load(Relaxed));
        Counters {
            connections: self.connections.load(Relaxed),
            open: self.open.load(Relaxed),
            refused: self.refused.load(Relaxed),
            requests: self.requests.load(Relaxed),
            responses: Responses {
                success,
                redirection,
                client_error,
                server_error,
            },
            bytes: self.bytes.load(Relaxed),
            resets: self.resets.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
            datagrams: self.datagrams.load(Relaxed),
            echoes: self.echoes.load(Relaxed),
        }
    }

    /// To be called at accept; returns how many were accepted before.
    pub(crate) fn connection_accepted(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed)
    }

    pub(crate) fn open(&self) -> u64 {
        self.open.load(Relaxed)
    }

    /// Takes a place among the open connections if there are fewer than `most`;
    /// [`Tally::connection_closed`] gives it back.
    pub(crate) fn connection_opened(&self, most: u64) -> bool {
        let more = |open| (open < most).then_some(open + 1);
        self.open.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    pub(crate) fn connection_closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(crate) fn connection_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn request_read(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// To be called before the first byte is written: a client never sees what is not counted yet.
    pub(crate) fn response(&self, status: StatusCode, body_bytes: u64) {
        let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
        self.responses[class].fetch_add(1, Relaxed);
        self.bytes.fetch_add(body_bytes, Relaxed);
    }

    /// To be called before what is left of the response is written.
    pub(crate) fn reset(&self, body_bytes: u64) {
        self.resets.fetch_add(1, Relaxed);
        self.bytes.fetch_add(body_bytes, Relaxed);
    }

    pub(crate) fn malformed(&self) {
        self.malformed.fetch_add(1, Relaxed);
    }

    pub(crate) fn datagram(&self) {
        self.datagrams.fetch_add(1, Relaxed);
    }

    pub(crate) fn echo(&self) {
        self.echoes.fetch_add(1, Relaxed);
    }
}
