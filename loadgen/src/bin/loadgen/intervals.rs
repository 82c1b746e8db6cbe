//! The intervals of `--hlog`, gathered while the load lasts.

use std::io;
use std::time::Duration;

use loadgen::{Interval, IntervalLatency, Progress};

/// How long each is.
pub(crate) const LENGTH: Duration = Duration::from_secs(1);

/// Those that are whole, encoded: a histogram takes too much memory to keep one of each second.
#[derive(Default)]
pub(crate) struct Intervals {
    gathered: Vec<IntervalLatency>,
}

impl Intervals {
    /// Takes those that every thread has done with, `elapsed` after the beginning.
    pub(crate) fn gather(&mut self, progress: &Progress, elapsed: Duration) -> io::Result<()> {
        self.take(progress, elapsed.as_secs().saturating_sub(2))
    }

    /// All, at the end of the load.
    pub(crate) fn all(mut self, progress: &Progress) -> io::Result<Vec<IntervalLatency>> {
        self.take(progress, u64::MAX)?;
        self.gathered.sort_by_key(|interval| interval.start);
        Ok(self.gathered)
    }

    fn take(&mut self, progress: &Progress, before: u64) -> io::Result<()> {
        for interval in progress.take_intervals(before) {
            self.add(&interval)?;
        }
        Ok(())
    }

    fn add(&mut self, interval: &Interval) -> io::Result<()> {
        let start = LENGTH.saturating_mul(u32::try_from(interval.number).unwrap_or(u32::MAX));
        let whole = interval.latency.histogram();
        self.gathered
            .push(IntervalLatency::new(start, LENGTH, None, whole)?);
        for (value, timing) in &interval.by_header {
            let (value, own) = (Some(value.clone()), timing.histogram());
            self.gathered
                .push(IntervalLatency::new(start, LENGTH, value, own)?);
        }
        Ok(())
    }
}
