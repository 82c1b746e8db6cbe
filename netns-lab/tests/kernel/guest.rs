//! The guest in which the cases of the driver run: its two ends.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

use crate::skip::Skipped;

mod booted;
mod inside;

pub use inside::serve;

use booted::{Booted, NotUp};

/// What the host asks for: the case of this name.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted(String);

/// What the guest says.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// The guest is up and waits for names.
    Up,
    /// The case went well.
    Passed,
    /// The case failed, for this reason.
    Failed(String),
}

/// How a case ended, seen from the host.
#[derive(Debug)]
pub enum Verdict {
    /// Well.
    Passed,
    /// Badly, for this reason.
    Failed(String),
    /// Not at all.
    Skipped(Skipped),
}

/// A guest that boots when the first case is to run.
#[derive(Default)]
pub struct Guest(Mutex<Option<Attendant>>);

/// The thread that owns the guest: a cage dies with the thread that started it, and the threads of
/// the trials come and go.
struct Attendant {
    requests: Sender<Request>,
    thread: JoinHandle<()>,
}

/// A case to run, and where to send its verdict.
struct Request {
    case: String,
    answer: Sender<Verdict>,
}

impl Guest {
    /// Runs the case of this name in the guest.
    pub fn run(&self, case: &str) -> Verdict {
        let (answer, verdict) = channel();
        let case = case.to_owned();
        let asked = self.requests().send(Request { case, answer });
        asked
            .ok()
            .and_then(|()| verdict.recv().ok())
            .unwrap_or_else(|| Verdict::Failed("the guest's attendant panicked".to_owned()))
    }

    fn requests(&self) -> Sender<Request> {
        let mut attendant = self.0.lock().expect("nobody panics with the lock");
        attendant
            .get_or_insert_with(Attendant::start)
            .requests
            .clone()
    }

    /// Ends the guest, if there is one.
    pub fn close(&self) {
        let attendant = self.0.lock().expect("nobody panics with the lock").take();
        if let Some(Attendant { requests, thread }) = attendant {
            drop(requests);
            // If it panicked, the cases have failed already.
            let _ = thread.join();
        }
    }
}

impl Attendant {
    fn start() -> Self {
        let (requests, orders) = channel();
        let thread = thread::spawn(move || attend(&orders));
        Self { requests, thread }
    }
}

/// Boots the guest and runs one case after the other in it; when it dies, all further cases fail.
fn attend(orders: &Receiver<Request>) {
    let mut guest = Booted::boot();
    for Request { case, answer } in orders {
        let verdict = match &mut guest {
            Err(not_up) => not_up.verdict(),
            Ok(booted) => match booted.run(case) {
                Ok(verdict) => verdict,
                Err(died) => {
                    let not_up = NotUp::Died(died);
                    let verdict = not_up.verdict();
                    guest = Err(not_up);
                    verdict
                }
            },
        };
        // A trial that is gone needs no verdict.
        let _ = answer.send(verdict);
    }
}
