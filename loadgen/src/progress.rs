//! What a run has come to so far, for others to read while it lasts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::measure::{FirstResponse, Interval};

/// Counters of a run under way. Any thread may read them. The workers bring them up to date a few
/// times per second, failures at once.
#[derive(Debug, Default)]
pub struct Progress {
    completed: AtomicU64,
    failed: AtomicU64,
    first: OnceLock<FirstResponse>,
    intervals: Mutex<BTreeMap<u64, Interval>>,
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

    /// The first complete response, if there was one.
    pub fn first(&self) -> Option<&FirstResponse> {
        self.first.get()
    }

    /// Takes the intervals that began before `before`, in units of the plan's interval. An
    /// interval is whole once every thread is in a later one: leave the last two.
    pub fn take_intervals(&self, before: u64) -> Vec<Interval> {
        let mut intervals = self
            .intervals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let later = intervals.split_off(&before);
        std::mem::replace(&mut *intervals, later)
            .into_values()
            .collect()
    }

    pub(crate) fn add_completed(&self, requests: u64) {
        self.completed.fetch_add(requests, Relaxed);
    }

    /// Counts a failure and returns how many there are.
    pub(crate) fn add_failed(&self) -> u64 {
        self.failed.fetch_add(1, Relaxed) + 1
    }

    /// The first complete response, which this one is if there was none.
    pub(crate) fn first_or(&self, this: impl FnOnce() -> FirstResponse) -> &FirstResponse {
        self.first.get_or_init(this)
    }

    pub(crate) fn add_interval(&self, interval: &Interval) {
        self.intervals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(interval.number)
            .and_modify(|whole| whole.add(interval))
            .or_insert_with(|| interval.clone());
    }
}
