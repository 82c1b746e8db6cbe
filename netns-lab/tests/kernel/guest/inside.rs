//! The guest's end: runs the cases that the host names.

use std::io::{self, IsTerminal};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use netns_lab::lab;
use netns_lab::link::{self, FrameError, ReceiveError};
use netns_lab::namespace::HostNetwork;

use super::{Said, Wanted};
use crate::{closing, conformance, driver, ipvsadm, tutorial};

/// Something to run in the guest: it is told which namespace not to touch, returns what it recorded,
/// and fails by a panic.
pub type Work = Box<dyn FnOnce(HostNetwork) -> String>;

/// Where a panic leaves its words: place and message.
type LastPanic = Arc<Mutex<Option<String>>>;

/// Plays the part of a lab: names come in, verdicts go out.
///
/// That is on the guest's serial line. A case may start a native engine, whose lab is on a pipe: that
/// one is the product's own.
pub fn serve(host: HostNetwork) -> io::Result<()> {
    if !io::stdin().is_terminal() {
        return lab::serve(host);
    }
    let last_panic = remember_panics();
    say(&Said::Up)?;
    loop {
        let Wanted(case) = match link::receive(&mut io::stdin().lock()) {
            Err(ReceiveError::Frame(FrameError::Closed)) => return Ok(()),
            other => other.map_err(io::Error::other)?,
        };
        let found = driver::find(&case)
            .or_else(|| closing::find(&case))
            .or_else(|| ipvsadm::find(&case))
            .or_else(|| conformance::find(&case))
            .or_else(|| tutorial::find(&case));
        let said = match found {
            Some(work) => run(|| work(host), &last_panic),
            None => Said::Failed(format!("the guest knows no case {case}")),
        };
        say(&said)?;
    }
}

fn say(said: &Said) -> io::Result<()> {
    link::send(&mut io::stdout().lock(), said)
}

fn run(work: impl FnOnce() -> String, last_panic: &LastPanic) -> Said {
    if let Ok(record) = panic::catch_unwind(AssertUnwindSafe(work)) {
        return Said::Passed(record);
    }
    let words = last_panic
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    Said::Failed(words.unwrap_or_else(|| "the case panicked".to_owned()))
}

/// Panics happen on the threads of namespaces; only a hook hears where.
fn remember_panics() -> LastPanic {
    let last = LastPanic::default();
    let slot = Arc::clone(&last);
    panic::set_hook(Box::new(move |panic| {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
    }));
    last
}
