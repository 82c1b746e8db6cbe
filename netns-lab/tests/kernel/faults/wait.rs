//! Waiting for a condition.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(20);
/// Long, for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `problem` finds none any more; panics with the last one after a long time.
pub fn until_none<T: std::fmt::Debug>(mut problem: impl FnMut() -> Option<T>) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(problem) = problem() {
        assert!(Instant::now() < deadline, "still: {problem:#?}");
        thread::sleep(GLANCE);
    }
}
