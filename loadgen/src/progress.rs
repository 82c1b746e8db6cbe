//! What a run has come to so far, for others to read while it lasts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of a run under way. Any thread may read them.
#[derive(Debug, Default)]
pub struct Progress {
    completed: AtomicU64,
    failed: AtomicU64,
}

impl Progress {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests completed so far.
    pub fn completed(&self) -> u64 {
        self.completed.load(Relaxed)
    }

    /// Requests failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    pub(crate) fn add_completed(&self) {
        self.completed.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }
}
