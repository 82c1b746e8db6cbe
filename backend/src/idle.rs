//! One timer for each connection that has an idle timeout.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline that is moved for each request. The timer behind it is touched only when it fires, not
/// whenever the deadline moves.
#[derive(Debug, Default)]
pub(crate) struct IdleTimer {
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl IdleTimer {
    /// Moves the deadline to so long from now, or takes it away.
    pub(crate) fn start(&mut self, idle: Option<Duration>) {
        self.deadline = idle.map(|idle| Instant::now() + idle);
    }

    /// Ends when the deadline has passed; never without one. It may be dropped and called again.
    pub(crate) async fn elapsed(&mut self) {
        let Some(deadline) = self.deadline else {
            return pending().await;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline || sleep.is_elapsed() {
            sleep.as_mut().reset(deadline);
        }
        while sleep.deadline() < deadline {
            sleep.as_mut().await;
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().await;
    }
}
