//! How far a worker's current request has come.

use std::cell::Cell;

/// The steps of one request, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// The connection is not established yet.
    Connect,
    /// Nothing of the request is written yet.
    Send,
    /// Nothing of the response is read yet.
    Wait,
    /// The response has begun; its headers are incomplete.
    Head,
    /// The headers are complete; the body is not.
    Body,
}

/// The phase of a worker's current request and the bytes that the worker has received in all.
/// The worker and its connection's [`Wire`](crate::wire::Wire) share it.
#[derive(Debug)]
pub(crate) struct Trace {
    phase: Cell<Phase>,
    received: Cell<u64>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            phase: Cell::new(Phase::Connect),
            received: Cell::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.set(phase);
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.get()
    }

    /// Something of the request was written.
    pub(crate) fn wrote(&self) {
        if self.phase() == Phase::Send {
            self.enter(Phase::Wait);
        }
    }

    /// `bytes` were read.
    pub(crate) fn read(&self, bytes: usize) {
        self.received.set(self.received.get() + bytes as u64);
        if self.phase() == Phase::Wait && bytes > 0 {
            self.enter(Phase::Head);
        }
    }
}
