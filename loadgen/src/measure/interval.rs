//! Latencies by the time at which requests ended.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Timing;
use crate::Progress;

/// Values of the counted header beyond this many have no latencies of their own in an interval.
const MAX_TIMED: usize = 64;

/// The latencies of the requests that ended in one interval of the load.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// How many intervals were before it.
    pub number: u64,
    /// Latencies of the completed requests.
    pub latency: Timing,
    /// The same by their value of the counted header, for the first 64 values.
    pub by_header: BTreeMap<String, Timing>,
    /// Requests that failed.
    pub failed: u64,
}

impl Interval {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            latency: Timing::default(),
            by_header: BTreeMap::new(),
            failed: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.latency.is_empty() && self.failed == 0
    }

    /// Counts a completed request, and to whom it was.
    pub(crate) fn record(&mut self, latency: Duration, value: Option<&[u8]>) {
        self.latency.record(latency);
        let Some(value) = value else { return };
        let value = String::from_utf8_lossy(value);
        if !self.by_header.contains_key(&*value) && self.by_header.len() < MAX_TIMED {
            self.by_header.insert(value.to_string(), Timing::default());
        }
        if let Some(timing) = self.by_header.get_mut(&*value) {
            timing.record(latency);
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.latency.add(&other.latency);
        for (value, timing) in &other.by_header {
            self.by_header.entry(value.clone()).or_default().add(timing);
        }
        self.failed += other.failed;
    }
}

/// The intervals of one thread: the current one; those before it are handed over.
#[derive(Debug)]
pub(crate) struct Intervals {
    length: Duration,
    current: Interval,
}

impl Intervals {
    pub(crate) fn new(length: Duration) -> Self {
        Self {
            length,
            current: Interval::new(0),
        }
    }

    /// The interval so long after the beginning.
    pub(crate) fn at(&mut self, since: Duration, progress: &Progress) -> &mut Interval {
        let number = since.as_nanos() / self.length.as_nanos().max(1);
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        if self.current.number != number {
            self.hand_over(progress);
            self.current = Interval::new(number);
        }
        &mut self.current
    }

    /// Hands the current interval over, if anything was in it.
    pub(crate) fn hand_over(&self, progress: &Progress) {
        if !self.current.is_empty() {
            progress.add_interval(&self.current);
        }
    }
}
