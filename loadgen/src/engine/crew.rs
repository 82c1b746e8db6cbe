//! The workers of a thread: each is polled when its socket is ready, or when somebody woke it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

use super::Slot;
use crate::net::Reactor;

/// After so many polls of workers the rest of the thread has its turn.
const LONGEST_TURN: usize = 1024;

/// A set of futures with a slot each. A socket that is ready needs no waker to have its worker
/// polled; timers, TLS and hyper have one, as everywhere.
pub(crate) struct Crew<'a, F> {
    slots: &'a [Rc<Slot>],
    members: Vec<Option<Member<F>>>,
    at_work: usize,
    calls: Arc<Calls>,
    /// Those being answered; kept for its memory.
    called: Vec<usize>,
}

struct Member<F> {
    future: Pin<Box<F>>,
    call: Arc<Call>,
    waker: Waker,
}

/// Who was woken.
#[derive(Default)]
struct Calls {
    waiting: Mutex<Vec<usize>>,
    thread: AtomicWaker,
}

/// Wakes one member.
struct Call {
    member: usize,
    is_waiting: AtomicBool,
    calls: Arc<Calls>,
}

impl<'a, F: Future<Output = ()>> Crew<'a, F> {
    /// One worker for each slot.
    pub(crate) fn new(slots: &'a [Rc<Slot>], worker: impl Fn(&'a Rc<Slot>) -> F) -> Self {
        let calls = Arc::new(Calls::default());
        let members: Vec<_> = slots
            .iter()
            .enumerate()
            .map(|(member, slot)| Some(Member::new(member, &calls, worker(slot))))
            .collect();
        for member in members.iter().flatten() {
            member.waker.wake_by_ref();
        }
        Self {
            slots,
            at_work: members.len(),
            members,
            calls,
            called: Vec::new(),
        }
    }

    /// Polls whoever can go on; ready when all have ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, reactor: Option<&Reactor>) -> Poll<()> {
        self.calls.thread.register(cx.waker());
        if let Some(reactor) = reactor {
            reactor.watch(cx);
        }
        let mut polled = 0;
        while polled < LONGEST_TURN {
            let before = polled;
            polled += self.answer_calls();
            if let Some(reactor) = reactor {
                polled += reactor.turn(|member, events| {
                    if let Some(slot) = self.slots.get(member) {
                        slot.readiness.add(events);
                        self.poll_member(member);
                    }
                });
            }
            if self.at_work == 0 {
                return Poll::Ready(());
            }
            if polled == before {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Polls those who were woken; how many they were.
    fn answer_calls(&mut self) -> usize {
        let mut called = std::mem::take(&mut self.called);
        std::mem::swap(&mut called, &mut *self.calls.waiting());
        for place in &called {
            if let Some(member) = &self.members[*place] {
                member.call.is_waiting.store(false, Ordering::Release);
            }
            self.poll_member(*place);
        }
        let answered = called.len();
        called.clear();
        self.called = called;
        answered
    }

    fn poll_member(&mut self, place: usize) {
        let Some(member) = &mut self.members[place] else {
            return;
        };
        let mut cx = Context::from_waker(&member.waker);
        if member.future.as_mut().poll(&mut cx).is_ready() {
            self.members[place] = None;
            self.at_work -= 1;
        }
    }
}

impl<F> Member<F> {
    fn new(member: usize, calls: &Arc<Calls>, future: F) -> Self {
        let call = Arc::new(Call {
            member,
            is_waiting: AtomicBool::new(false),
            calls: Arc::clone(calls),
        });
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::clone(&call)),
            call,
        }
    }
}

impl Calls {
    fn waiting(&self) -> MutexGuard<'_, Vec<usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_waiting.swap(true, Ordering::AcqRel) {
            self.calls.waiting().push(self.member);
            self.calls.thread.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::time::Instant;

    use tokio::sync::oneshot;

    use super::*;

    fn slots(number: usize) -> Vec<Rc<Slot>> {
        let slot = |worker| Rc::new(Slot::new(worker, Instant::now()));
        (0..number).map(slot).collect()
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn a_crew_ends_when_its_last_worker_does() {
        let (slots, done) = (slots(5), Cell::new(0));
        let mut crew = Crew::new(&slots, |_| async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            done.set(done.get() + 1);
        });
        block_on(poll_fn(|cx| crew.poll(cx, None)));
        assert_eq!(done.get(), 5);
    }

    #[test]
    fn a_worker_can_be_woken_by_another_thread() {
        let slots = slots(1);
        let (sender, receiver) = oneshot::channel();
        let receiver = Cell::new(Some(receiver));
        let mut crew = Crew::new(&slots, |_| {
            let receiver = receiver.take().unwrap();
            async { receiver.await.unwrap() }
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(crew.poll(&mut cx, None).is_pending());
        let other = std::thread::spawn(|| sender.send(()).unwrap());
        block_on(poll_fn(|cx| crew.poll(cx, None)));
        other.join().unwrap();
    }

    #[test]
    fn a_worker_that_was_woken_often_is_polled_once() {
        let (slots, polls) = (slots(3), Cell::new(0));
        let mut crew = Crew::new(&slots, |_| {
            poll_fn(|cx| {
                polls.set(polls.get() + 1);
                if polls.get() == 2 {
                    cx.waker().wake_by_ref();
                    cx.waker().wake_by_ref();
                }
                Poll::<()>::Pending
            })
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(crew.poll(&mut cx, None).is_pending());
        assert_eq!(polls.get(), 4);
    }

    #[test]
    fn workers_that_never_rest_leave_the_thread_its_turn() {
        let (slots, polls) = (slots(2), Cell::new(0));
        let mut crew = Crew::new(&slots, |_| {
            poll_fn(|cx| {
                polls.set(polls.get() + 1);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(crew.poll(&mut cx, None).is_pending());
        assert_eq!(polls.get(), LONGEST_TURN);
    }
}
