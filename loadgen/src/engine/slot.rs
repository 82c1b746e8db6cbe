//! How far a worker's current request has come, and by when it has to be done.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::net::Readiness;

/// The steps of one request, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// The connection is not established yet.
    Connect,
    /// The request is not written yet, or not to its end.
    Send,
    /// Nothing of the response is read yet.
    Wait,
    /// The response has begun; its headers are incomplete.
    Head,
    /// The headers are complete; the body is not.
    Body,
}

/// It was not done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late;

/// What a worker, its connection and the thread's clock share.
///
/// There is no timer for a request: the thread looks at all slots a few times per second, so a
/// request is given up to one [tick](super::load::tick) late.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Of the connection's socket, on the lean path.
    pub(crate) readiness: Readiness,
    phase: Cell<Phase>,
    received: Cell<u64>,
    sent: Cell<u64>,
    /// Bytes that carry others: TLS records, and the asking for a tunnel.
    records: Cell<u64>,
    pub(crate) started: Cell<Instant>,
    pub(crate) connected: Cell<Instant>,
    wrote: Cell<Instant>,
    answered: Cell<Option<Instant>>,
    early: Cell<bool>,
    /// How many reads the response took so far, on the lean path.
    reads: Cell<u32>,
    deadline: Cell<Option<Instant>>,
    late: Cell<bool>,
    /// What passed when somebody last looked, and when it was first seen so.
    seen: Cell<(u64, Instant)>,
    waker: RefCell<Option<Waker>>,
    /// What came up to the end of the header, if anybody wants to know.
    heard: Option<RefCell<Vec<u8>>>,
}

impl Slot {
    /// The slot of the worker with this number.
    pub(crate) fn new(worker: usize, now: Instant) -> Self {
        Self {
            readiness: Readiness::new(worker),
            phase: Cell::new(Phase::Connect),
            received: Cell::new(0),
            sent: Cell::new(0),
            records: Cell::new(0),
            started: Cell::new(now),
            connected: Cell::new(now),
            wrote: Cell::new(now),
            answered: Cell::new(None),
            early: Cell::new(false),
            reads: Cell::new(0),
            deadline: Cell::new(None),
            late: Cell::new(false),
            seen: Cell::new((0, now)),
            waker: RefCell::new(None),
            heard: None,
        }
    }

    /// The same, but it keeps what is [heard](Self::hear).
    pub(crate) fn listening(mut self, listens: bool) -> Self {
        self.heard = listens.then(RefCell::default);
        self
    }

    /// These bytes of a response were read.
    pub(crate) fn hear(&self, bytes: &[u8]) {
        if let Some(heard) = &self.heard
            && self.phase() <= Phase::Head
        {
            heard.borrow_mut().extend_from_slice(bytes);
        }
    }

    /// What was heard of the current response.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn enter(&self, phase: Phase) {
        if phase == Phase::Send {
            self.answered.set(None);
            self.early.set(false);
            self.reads.set(0);
            if let Some(heard) = &self.heard {
                heard.borrow_mut().clear();
            }
        }
        self.phase.set(phase);
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.get()
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// When the request was written.
    pub(crate) fn written(&self) -> Instant {
        self.wrote.get()
    }

    /// When the response began.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.answered.get()
    }

    /// Whether it began before all of the request was written: the rest is not sent any more.
    pub(crate) fn is_early(&self) -> bool {
        self.early.get()
    }

    /// When the response ended, if that is now. One that was read at once began and ended then: the
    /// clock need not be asked again.
    pub(crate) fn ended(&self) -> Instant {
        match self.answered.get() {
            Some(answered) if self.reads.get() == 1 => answered,
            _ => Instant::now(),
        }
    }

    /// `bytes` of the response were read.
    pub(crate) fn read(&self, bytes: usize) {
        self.count_in(bytes);
        self.reads.set(self.reads.get().saturating_add(1));
        if bytes > 0 {
            self.begins_answer();
        }
    }

    pub(crate) fn count_out(&self, bytes: usize) {
        self.sent.set(self.sent.get() + bytes as u64);
    }

    pub(crate) fn count_in(&self, bytes: usize) {
        self.received.set(self.received.get() + bytes as u64);
    }

    pub(crate) fn count_records(&self, bytes: usize) {
        self.records.set(self.records.get() + bytes as u64);
    }

    /// The request was written, as far as is known all of it.
    pub(crate) fn is_written(&self) {
        if matches!(self.phase(), Phase::Send | Phase::Wait) {
            self.wrote.set(Instant::now());
            self.phase.set(Phase::Wait);
        }
    }

    /// Something of the response was read, perhaps before all of the request was written.
    pub(crate) fn begins_answer(&self) {
        if self.phase() == Phase::Send {
            self.early.set(true);
            self.is_written();
        }
        if self.phase() == Phase::Wait {
            self.answered.set(Some(Instant::now()));
            self.phase.set(Phase::Head);
        }
    }

    /// Completes `work`, unless the deadline comes first.
    pub(crate) async fn within<F: Future>(
        &self,
        deadline: Instant,
        mut work: Pin<&mut F>,
    ) -> Result<F::Output, Late> {
        self.deadline.set(Some(deadline));
        self.late.set(false);
        let outcome = poll_fn(|cx| {
            if self.late.get() {
                return Poll::Ready(Err(Late));
            }
            let polled = work.as_mut().poll(cx);
            if polled.is_pending() {
                self.will_wake(cx.waker());
            }
            polled.map(Ok)
        })
        .await;
        self.deadline.set(None);
        outcome
    }

    /// The deadline cannot be later than this any more.
    pub(crate) fn hurry(&self, deadline: Instant) {
        let sooner = self.deadline.get().map(|other| other.min(deadline));
        self.deadline.set(sooner);
    }

    /// The deadline is this, if there is any.
    pub(crate) fn relax(&self, deadline: Instant) {
        self.deadline.set(self.deadline.get().map(|_| deadline));
    }

    fn will_wake(&self, waker: &Waker) {
        let mut kept = self.waker.borrow_mut();
        match &mut *kept {
            Some(kept) if kept.will_wake(waker) => {}
            kept => *kept = Some(waker.clone()),
        }
    }

    /// Gives the current work up if its deadline has passed, or nothing has for `idle`.
    pub(crate) fn check(&self, now: Instant, idle: Option<Duration>) {
        let Some(deadline) = self.deadline.get() else {
            self.seen.set((u64::MAX, now));
            return;
        };
        let idle = idle.is_some_and(|idle| self.is_idle(now, idle));
        if idle || deadline <= now {
            self.late.set(true);
            if let Some(waker) = &*self.waker.borrow() {
                waker.wake_by_ref();
            }
        }
    }

    /// Whether nothing has passed for so long since the request began.
    fn is_idle(&self, now: Instant, idle: Duration) -> bool {
        let passed = self.received.get() + self.sent.get() + self.records.get();
        let (seen, since) = self.seen.get();
        let since = since.max(self.started.get());
        if seen != passed {
            self.seen.set((passed, now));
            return false;
        }
        now.saturating_duration_since(since) >= idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_moves_is_not_idle() {
        let start = Instant::now();
        let slot = Slot::new(0, start);
        slot.deadline.set(Some(start + Duration::from_secs(1000)));
        let at = |seconds| start + Duration::from_secs(seconds);
        let check = |seconds| {
            slot.check(at(seconds), Some(Duration::from_secs(10)));
            slot.late.get()
        };
        slot.count_out(1);
        slot.is_written();
        assert!(!check(1));
        slot.read(1);
        assert!(!check(9));
        assert!(!check(18));
        assert!(check(19));
    }

    #[test]
    fn without_a_deadline_nothing_is_late() {
        let start = Instant::now();
        let slot = Slot::new(0, start);
        slot.check(start + Duration::from_secs(60), Some(Duration::ZERO));
        assert!(!slot.late.get());
    }
}
