//! Waiting for many sockets, by an epoll(7) that the thread's tokio runtime waits for.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::task::{Context, Poll};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::net::unix::pipe::Receiver;

/// Events fetched at once.
const BATCH: usize = 256;

/// The sockets of one thread, each with the number of its worker. They are watched edge-triggered,
/// and leave when they are closed.
pub(crate) struct Reactor {
    /// Without it, no socket can be watched.
    watch: io::Result<Watch>,
    events: RefCell<Box<[EpollEvent]>>,
}

struct Watch {
    epoll: Epoll,
    /// The same, as something that tokio can wait for. Its `AsyncFd` is not safe to make; all that
    /// is asked of this pipe is whether it can be read.
    ready: Receiver,
}

impl Reactor {
    /// A reactor, in a tokio runtime.
    pub(crate) fn new() -> Self {
        Self {
            watch: Watch::new(),
            events: RefCell::new([EpollEvent::empty(); BATCH].into()),
        }
    }

    /// Watches a socket until it is closed.
    pub(crate) fn add(&self, socket: impl AsFd, readiness: &Readiness) -> io::Result<()> {
        let watch = self.watch.as_ref().map_err(again)?;
        let wanted = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let event = EpollEvent::new(wanted, readiness.worker as u64);
        Ok(watch.epoll.add(socket, event)?)
    }

    /// Wakes the thread when a socket is ready from now on.
    pub(crate) fn watch(&self, cx: &mut Context<'_>) {
        let Ok(Watch { ready, .. }) = &self.watch else {
            return;
        };
        while let Poll::Ready(Ok(())) = ready.poll_read_ready(cx) {
            // Tokio is told that there is nothing, before it is found out: what comes in between
            // is told by both.
            let none: io::Result<()> = ready.try_io(|| Err(ErrorKind::WouldBlock.into()));
            debug_assert!(none.is_err(), "that is what it was told");
        }
    }

    /// Fetches the sockets that are ready, and how many those are; it does not wait.
    pub(crate) fn turn(&self, mut each: impl FnMut(usize, EpollFlags)) -> usize {
        let Ok(Watch { epoll, .. }) = &self.watch else {
            return 0;
        };
        let mut events = self.events.borrow_mut();
        // The only errors are of a wait that was interrupted, and of wrong arguments.
        let ready = epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
        for event in &events[..ready] {
            if let Ok(worker) = usize::try_from(event.data()) {
                each(worker, event.events());
            }
        }
        ready
    }
}

impl Watch {
    fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let ready = Receiver::from_owned_fd_unchecked(epoll.0.try_clone()?)?;
        Ok(Self { epoll, ready })
    }
}

/// The same error once more.
fn again(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// What a worker's socket is ready for, as far as was heard.
#[derive(Debug)]
pub(crate) struct Readiness {
    worker: usize,
    events: Cell<EpollFlags>,
}

impl Readiness {
    /// Of the socket of the worker with this number.
    pub(crate) fn new(worker: usize) -> Self {
        Self {
            worker,
            events: Cell::new(EpollFlags::empty()),
        }
    }

    pub(crate) fn add(&self, events: EpollFlags) {
        self.events.set(self.events.get() | events);
    }

    pub(super) fn remove(&self, events: EpollFlags) {
        self.events.set(self.events.get() - events);
    }

    pub(super) fn has(&self, any: EpollFlags) -> bool {
        self.events.get().intersects(any)
    }
}
