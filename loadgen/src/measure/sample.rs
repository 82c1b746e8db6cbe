//! The durations of one request.

use std::time::{Duration, Instant};

/// The instants of one request, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    /// When it was due: in a closed loop, when it began.
    pub(crate) intended: Instant,
    /// Before the connect, or before the send on a reused connection.
    pub(crate) started: Instant,
    /// When the connection was ready; `started` on a reused connection.
    pub(crate) connected: Instant,
    /// When the request was written.
    pub(crate) sent: Instant,
    /// When the response began.
    pub(crate) answered: Instant,
    /// When the response was complete.
    pub(crate) ended: Instant,
}

impl Spans {
    /// From when it was due to the end.
    pub(crate) fn latency(&self) -> Duration {
        self.ended.saturating_duration_since(self.intended)
    }

    /// From the request written to the beginning of the response.
    pub(crate) fn wait(&self) -> Duration {
        self.answered.saturating_duration_since(self.sent)
    }

    pub(crate) fn sample(&self, began: Instant) -> Sample {
        Sample {
            start: self.started.saturating_duration_since(began),
            connect: self.connected.saturating_duration_since(self.started),
            wait: self.wait(),
            total: self.ended.saturating_duration_since(self.started),
        }
    }
}

/// What ab keeps of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From the beginning of the load to the beginning of the request.
    pub start: Duration,
    /// The connect, with the TLS handshake; nothing on a reused connection.
    pub connect: Duration,
    /// From the request written to the first byte of the response.
    pub wait: Duration,
    /// From the beginning of the connect, or of the send on a reused connection, to the end of the
    /// response.
    pub total: Duration,
}

impl Sample {
    /// From the connection being ready to the end of the response.
    pub fn processing(&self) -> Duration {
        self.total.saturating_sub(self.connect)
    }
}
