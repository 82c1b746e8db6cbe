//! Waking workers at an instant, to the microsecond: tokio's timers are in whole milliseconds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::net::unix::pipe::Receiver;

/// One timer for all who wait on a thread.
pub(crate) struct Alarm {
    /// Without it, if it could not be had, tokio's timer is used.
    timer: Option<Timer>,
    /// Those who wait, by when, and by a number as several may wait for the same instant.
    waiting: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next: Cell<u64>,
    set_for: Cell<Option<Instant>>,
    off: Cell<bool>,
}

impl Alarm {
    /// An alarm, in a tokio runtime.
    pub(crate) fn new() -> Self {
        Self {
            timer: Timer::new().ok(),
            waiting: RefCell::default(),
            next: Cell::new(0),
            set_for: Cell::new(None),
            off: Cell::new(false),
        }
    }

    /// Waits until then, or until the alarm is turned off.
    pub(crate) async fn until(&self, due: Instant) {
        let mut place = Place {
            alarm: self,
            key: None,
        };
        poll_fn(|cx| {
            if self.off.get() || Instant::now() >= due {
                return Poll::Ready(());
            }
            place.take(due, cx.waker());
            Poll::Pending
        })
        .await;
    }

    /// Ends all waiting, for ever.
    pub(crate) fn turn_off(&self) {
        self.off.set(true);
        for waker in self.waiting.take().into_values() {
            waker.wake();
        }
    }

    /// Wakes those who wait. It has to be polled beside them, and never ends.
    pub(crate) async fn ring(&self) {
        let Some(timer) = &self.timer else {
            return self.ring_coarsely().await;
        };
        loop {
            if timer.rung().await.is_err() {
                return self.ring_coarsely().await;
            }
            self.set_for.set(None);
            self.wake_due();
        }
    }

    async fn ring_coarsely(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.wake_due();
        }
    }

    fn wake_due(&self) {
        let now = Instant::now();
        let mut waiting = self.waiting.borrow_mut();
        let later = waiting.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut *waiting, later);
        let next = waiting.keys().next().map(|(next, _)| *next);
        drop(waiting);
        due.into_values().for_each(Waker::wake);
        if let Some(next) = next {
            self.set(next);
        }
    }

    /// Sets the timer, if it would ring later than this.
    fn set(&self, due: Instant) {
        let Some(timer) = &self.timer else { return };
        if self.set_for.get().is_none_or(|other| due < other) {
            self.set_for.set(Some(due));
            let left = due.saturating_duration_since(Instant::now());
            // A timer that cannot be set would ring never; this one is set again by the next.
            if timer.set(left).is_err() {
                self.set_for.set(None);
            }
        }
    }
}

/// A place among those who wait, for as long as somebody does.
struct Place<'a> {
    alarm: &'a Alarm,
    key: Option<(Instant, u64)>,
}

impl Place<'_> {
    fn take(&mut self, due: Instant, waker: &Waker) {
        let alarm = self.alarm;
        let key = *self.key.get_or_insert_with(|| {
            let number = alarm.next.replace(alarm.next.get().wrapping_add(1));
            (due, number)
        });
        alarm.waiting.borrow_mut().insert(key, waker.clone());
        alarm.set(due);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.alarm.waiting.borrow_mut().remove(&key);
        }
    }
}

/// A timerfd(2) of the monotonic clock.
struct Timer {
    timer: TimerFd,
    /// The same, as something that tokio can wait for. Its `AsyncFd` is not safe to make; to a
    /// reader a timer is a pipe of eight bytes.
    rings: Receiver,
}

impl Timer {
    fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let rings = Receiver::from_owned_fd_unchecked(timer.as_fd().try_clone_to_owned()?)?;
        Ok(Self { timer, rings })
    }

    fn set(&self, left: Duration) -> io::Result<()> {
        // Zero would turn it off.
        let left = left.max(Duration::from_nanos(1));
        let once = Expiration::OneShot(TimeSpec::from_duration(left));
        Ok(self.timer.set(once, TimerSetTimeFlags::empty())?)
    }

    /// Waits until it rings.
    async fn rung(&self) -> io::Result<()> {
        loop {
            self.rings.readable().await?;
            match self.rings.try_read(&mut [0; 8]) {
                // It was set anew before it was read.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome.map(|_| ()),
            }
        }
    }
}

/// Waits until the alarm rings, if there is one.
pub(crate) async fn ring(alarm: Option<&Alarm>) {
    match alarm {
        Some(alarm) => alarm.ring().await,
        None => pending().await,
    }
}
