//! How much load is left to send.

use std::cell::Cell;

use tokio::sync::Notify;

/// Why a load ended with requests left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// The plan's time limit was reached.
    TimeLimit,
    /// The plan's number of failed requests was reached.
    GaveUp,
    /// The caller stopped the load.
    Interrupted,
}

/// The requests left to send. Every worker takes from it, until it is empty or stopped.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    stop: Cell<Option<StopReason>>,
    stopped: Notify,
}

impl Budget {
    pub(crate) fn new(requests: u64) -> Self {
        Self {
            left: Cell::new(requests),
            stop: Cell::new(None),
            stopped: Notify::new(),
        }
    }

    /// Takes one request from the budget; false if none is left to send.
    pub(crate) fn take(&self) -> bool {
        let left = self.left.get();
        let more = left > 0 && self.stop.get().is_none();
        self.left.set(left - u64::from(more));
        more
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Ends the budget. The first reason is the one that is kept.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.stop.set(self.stop.get().or(Some(reason)));
        self.stopped.notify_one();
    }

    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.stop.get()
    }

    /// Ends when the budget was stopped. For one waiter.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }
}
