//! What a run has come to so far, for others to read while it lasts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::ErrorClass;
use crate::measure::{FirstResponse, Interval, Timing};

/// How often a thread publishes what it has come to, at most: a histogram takes 50 µs to copy.
const PUBLISHED_EVERY: Duration = Duration::from_millis(200);

/// Counters of a run under way. Any thread may read them. The workers bring them up to date a few
/// times per second, failures at once.
#[derive(Debug, Default)]
pub struct Progress {
    completed: AtomicU64,
    failed: AtomicU64,
    first: OnceLock<FirstResponse>,
    intervals: Mutex<BTreeMap<u64, Interval>>,
    /// What each thread has come to; nothing if nobody watches.
    live: Option<Mutex<Vec<Published>>>,
}

/// What a run has come to so far, a fifth of a second ago at most.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Latencies of the completed requests.
    pub latency: Timing,
    /// Failed requests by class.
    pub errors: BTreeMap<ErrorClass, u64>,
    /// Complete responses by the value of the counted header.
    pub servers: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Published {
    live: Live,
    next: Instant,
}

impl Progress {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and the threads also publish what [`live`](Self::live) gives.
    pub fn watched() -> Self {
        Self {
            live: Some(Mutex::default()),
            ..Self::default()
        }
    }

    /// What all threads have come to; nothing unless it is [`watched`](Self::watched).
    pub fn live(&self) -> Option<Live> {
        let threads = lock(self.live.as_ref()?);
        let mut whole = Live::default();
        for Published { live, .. } in threads.iter() {
            whole.latency.add(&live.latency);
            for (class, count) in &live.errors {
                *whole.errors.entry(*class).or_default() += count;
            }
            for (name, count) in &live.servers {
                *whole.servers.entry(name.clone()).or_default() += count;
            }
        }
        Some(whole)
    }

    /// A thread begins; its number for [`publish`](Self::publish).
    pub(crate) fn enter(&self) -> usize {
        let Some(live) = &self.live else { return 0 };
        let mut threads = lock(live);
        threads.push(Published {
            live: Live::default(),
            next: Instant::now() + PUBLISHED_EVERY,
        });
        threads.len() - 1
    }

    /// Publishes what a thread has come to, unless it has just done so.
    pub(crate) fn publish(&self, thread: usize, now_is: impl FnOnce() -> Live) {
        let Some(live) = &self.live else { return };
        let now = Instant::now();
        if let Some(published) = lock(live).get_mut(thread).filter(|own| own.next <= now) {
            published.next = now + PUBLISHED_EVERY;
            published.live = now_is();
        }
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
        let mut intervals = lock(&self.intervals);
        let later = intervals.split_off(&before);
        std::mem::replace(&mut *intervals, later)
            .into_values()
            .collect()
    }

    pub(crate) fn add_completed(&self, requests: u64) {
        self.completed.fetch_add(requests, Relaxed);
    }

    pub(crate) fn add_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// The first complete response, which this one is if there was none.
    pub(crate) fn first_or(&self, this: impl FnOnce() -> FirstResponse) -> &FirstResponse {
        self.first.get_or_init(this)
    }

    pub(crate) fn add_interval(&self, interval: &Interval) {
        lock(&self.intervals)
            .entry(interval.number)
            .and_modify(|whole| whole.add(interval))
            .or_insert_with(|| interval.clone());
    }
}

/// Counts stay right even if a thread that held them panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
