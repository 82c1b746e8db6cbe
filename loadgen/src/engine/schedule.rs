//! When the next request is due, if there is a next one.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Alarm, Part};
use crate::{Arrivals, Pacing, Plan, StopReason};

/// A request that is to be sent now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    /// When it was due.
    pub(crate) due: Instant,
    /// Whether it is of the warm-up, and not counted.
    pub(crate) warm_up: bool,
}

/// The requests left to send by the workers of one thread, and when.
pub(crate) struct Schedule<'a> {
    plan: &'a Plan,
    alarm: Option<&'a Alarm>,
    began: Instant,
    measured_from: Instant,
    ends: Option<Instant>,
    left: Cell<u64>,
    started: Cell<u64>,
    arrivals: RefCell<Due>,
    next_connection: Cell<Instant>,
    part: Part,
    stop: Cell<Option<StopReason>>,
    /// An arrival was too late for the time limit.
    ran_out: Cell<bool>,
    stopped: Notify,
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        part: Part,
        alarm: Option<&'a Alarm>,
        began: Instant,
    ) -> Self {
        let measured_from = began + plan.warm_up;
        Self {
            plan,
            alarm,
            began,
            measured_from,
            // An end that is too far to be told is none.
            ends: plan
                .time_limit
                .and_then(|limit| measured_from.checked_add(limit)),
            left: Cell::new(part.share(plan.requests)),
            started: Cell::new(0),
            arrivals: RefCell::new(Due::new(plan.pacing, part, plan.seed)),
            next_connection: Cell::new(began),
            part,
            stop: Cell::new(None),
            ran_out: Cell::new(false),
            stopped: Notify::new(),
        }
    }

    /// Whether a plan needs an alarm.
    pub(crate) fn needs_alarm(plan: &Plan) -> bool {
        plan.connections_per_second.is_some()
            || plan.pacing
                != Pacing::Closed {
                    think: Duration::ZERO,
                }
    }

    /// Waits for the next request; nothing if there is none. `idle_since` is when the worker's
    /// previous one ended.
    pub(crate) async fn next(&self, idle_since: Option<Instant>) -> Option<Ticket> {
        let due = match self.plan.pacing {
            Pacing::Closed { think } => {
                if let Some(since) = idle_since.filter(|_| !think.is_zero()) {
                    self.wait(since + think).await;
                }
                None
            }
            Pacing::Open { .. } => Some(self.next_arrival().await?),
        };
        if self.stop.get().is_some() {
            return None;
        }
        let due = due.or(idle_since.filter(|_| !self.waits()));
        let due = due.unwrap_or_else(Instant::now);
        let warm_up = due < self.measured_from;
        if !warm_up {
            // In an open loop the arrival was taken from what is left.
            if matches!(self.plan.pacing, Pacing::Closed { .. }) && !self.take() {
                return None;
            }
            self.started.set(self.started.get() + 1);
        }
        Some(Ticket { due, warm_up })
    }

    /// Whether anything may be between the end of a request and the beginning of the next.
    pub(crate) fn waits(&self) -> bool {
        self.alarm.is_some()
    }

    /// From when a request's latency counts: in a closed loop, from when it began.
    pub(crate) fn intended(&self, ticket: Ticket, started: Instant) -> Instant {
        match self.plan.pacing {
            Pacing::Closed { .. } => started,
            Pacing::Open { .. } => ticket.due.min(started),
        }
    }

    /// Waits for the turn of a new connection.
    pub(crate) async fn connection(&self) {
        let Some(rate) = self.plan.connections_per_second else {
            return;
        };
        let turn = self.next_connection.get().max(Instant::now());
        let gap = f64::from(self.part.of) / rate;
        self.next_connection.set(turn + seconds(gap));
        self.wait(turn).await;
    }

    /// The next arrival, which this worker alone serves. All idle workers wait for one each.
    async fn next_arrival(&self) -> Option<Instant> {
        let after = self.arrivals.borrow_mut().next();
        let due = self.began.checked_add(after)?;
        let measured = due >= self.measured_from;
        if self.ends.is_some_and(|end| due >= end) {
            self.ran_out.set(true);
            return None;
        }
        if measured && !self.take() {
            return None;
        }
        self.wait(due).await;
        if self.stop.get().is_some() {
            if measured {
                self.left.set(self.left.get() + 1);
            }
            return None;
        }
        Some(due)
    }

    async fn wait(&self, until: Instant) {
        if let Some(alarm) = self.alarm {
            alarm.until(until).await;
        }
    }

    fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Requests left to send.
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Requests begun after the warm-up.
    pub(crate) fn started(&self) -> u64 {
        self.started.get()
    }

    /// When the warm-up ends.
    pub(crate) fn measured_from(&self) -> Instant {
        self.measured_from
    }

    /// When the time limit is reached.
    pub(crate) fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// Ends the load. The first reason is the one that is kept.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.stop.set(self.stop.get().or(Some(reason)));
        if let Some(alarm) = self.alarm {
            alarm.turn_off();
        }
        self.stopped.notify_one();
    }

    /// Whether the load is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.get().is_some()
    }

    /// Why no more requests are sent, if not because all are.
    pub(crate) fn why_ended(&self) -> Option<StopReason> {
        let ran_out = self.ran_out.get().then_some(StopReason::TimeLimit);
        self.stop.get().or(ran_out)
    }

    /// Takes back a request that was not begun.
    pub(crate) fn give_back(&self, ticket: Ticket) {
        if !ticket.warm_up {
            self.started.set(self.started.get() - 1);
            self.left.set(self.left.get().saturating_add(1));
        }
    }

    /// Ends when the load was stopped. For one waiter.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }
}

/// The arrivals of one thread, from the beginning of the load. They are absolute: one that is
/// served late does not move those after it.
pub(crate) struct Due {
    rate: f64,
    arrivals: Arrivals,
    part: Part,
    number: u64,
    /// Seconds to the latest arrival.
    latest: f64,
    random: fastrand::Rng,
}

impl Due {
    pub(crate) fn new(pacing: Pacing, part: Part, seed: u64) -> Self {
        let (rate, arrivals) = match pacing {
            Pacing::Open { rate, arrivals } => (rate, arrivals),
            // Not asked.
            Pacing::Closed { .. } => (1.0, Arrivals::Constant),
        };
        Self {
            rate,
            arrivals,
            part,
            number: 0,
            latest: 0.0,
            random: fastrand::Rng::with_seed(seed.wrapping_add(u64::from(part.index))),
        }
    }

    /// From the beginning to the next arrival.
    pub(crate) fn next(&mut self) -> Duration {
        let (index, of) = (u64::from(self.part.index), u64::from(self.part.of));
        let after = match self.arrivals {
            // The threads take turns.
            Arrivals::Constant => (index + of * self.number) as f64 / self.rate,
            // Independent arrivals of n threads at a rate/n each are such arrivals at the rate.
            Arrivals::Poisson => {
                let uniform = 1.0 - self.random.f64();
                self.latest += -uniform.ln() * f64::from(self.part.of) / self.rate;
                self.latest
            }
        };
        self.number += 1;
        seconds(after)
    }
}

/// Beyond what a `Duration` holds, its longest.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(arrivals: Arrivals, part: Part) -> Due {
        let rate = 1000.0;
        Due::new(Pacing::Open { rate, arrivals }, part, 0)
    }

    #[test]
    fn constant_arrivals_of_two_threads_interleave_without_drift() {
        let mut threads: Vec<_> = (0..2)
            .map(|index| due(Arrivals::Constant, Part { index, of: 2 }))
            .collect();
        for number in 0..10_000_u64 {
            let after = threads[usize::try_from(number % 2).unwrap()].next();
            assert_eq!(after, Duration::from_millis(number));
        }
    }

    #[test]
    fn gaps_of_poisson_arrivals_have_the_mean_and_the_variance_of_the_exponential() {
        let mut due = due(Arrivals::Poisson, Part::WHOLE);
        let (mut previous, mut sum, mut squares) = (Duration::ZERO, 0.0, 0.0);
        let n = 100_000;
        for _ in 0..n {
            let next = due.next();
            let gap = next.saturating_sub(previous).as_secs_f64() * 1000.0;
            (previous, sum, squares) = (next, sum + gap, squares + gap * gap);
        }
        let mean = sum / f64::from(n);
        let variance = squares / f64::from(n) - mean * mean;
        // Five standard errors; the seed is fixed.
        assert!((mean - 1.0).abs() < 0.016, "{mean}");
        assert!((variance - 1.0).abs() < 0.045, "{variance}");
    }
}
