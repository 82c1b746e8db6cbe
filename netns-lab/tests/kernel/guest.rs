//! Guests in which cases run: their two ends.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use netns_lab::engine::Uml;
use serde::{Deserialize, Serialize};

use crate::skip::Skipped;

mod booted;
pub mod cases;
mod inside;

pub use inside::{Work, serve};

use booted::{Booted, NotUp};

/// What the host asks for: the case of this name.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted(String);

/// What the guest says.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// The guest is up and waits for names.
    Up,
    /// The case went well, and recorded this; most record nothing.
    Passed(String),
    /// The case failed, for this reason.
    Failed(String),
}

/// How a case ended, seen from the host.
#[derive(Debug)]
pub enum Verdict {
    /// Well, with what it recorded.
    Passed(String),
    /// Badly, for this reason.
    Failed(String),
    /// Not at all.
    Skipped(Skipped),
}

/// A guest that boots when the first case is to run.
pub struct Guest {
    /// What to boot.
    engine: fn() -> Result<Uml, Skipped>,
    attendant: Mutex<Option<Attendant>>,
}

/// The thread that owns the guest: a cage dies with the thread that started it, and the threads of
/// the trials come and go.
struct Attendant {
    requests: Sender<Request>,
    thread: JoinHandle<()>,
}

/// A case to run, and where to send its verdict.
struct Request {
    wanted: Wanted,
    answer: Sender<Verdict>,
}

impl Guest {
    /// A guest of this engine, which is asked for when it boots.
    pub const fn new(engine: fn() -> Result<Uml, Skipped>) -> Self {
        Self {
            engine,
            attendant: Mutex::new(None),
        }
    }

    /// Runs the case of this name in the guest.
    pub fn run(&self, case: &str) -> Verdict {
        let (answer, verdict) = channel();
        let wanted = Wanted(case.to_owned());
        let asked = self.requests().send(Request { wanted, answer });
        asked
            .ok()
            .and_then(|()| verdict.recv().ok())
            .unwrap_or_else(|| Verdict::Failed("the guest's attendant panicked".to_owned()))
    }

    fn requests(&self) -> Sender<Request> {
        let mut attendant = self.attendant.lock().expect("nobody panics with the lock");
        attendant
            .get_or_insert_with(|| Attendant::start(self.engine))
            .requests
            .clone()
    }

    /// Ends the guest, if there is one.
    pub fn close(&self) {
        let mut attendant = self.attendant.lock().expect("nobody panics with the lock");
        let attendant = attendant.take();
        if let Some(Attendant { requests, thread }) = attendant {
            drop(requests);
            // If it panicked, the cases have failed already.
            let _ = thread.join();
        }
    }
}

impl Attendant {
    fn start(engine: fn() -> Result<Uml, Skipped>) -> Self {
        let (requests, orders) = channel();
        let thread = thread::spawn(move || attend(engine, &orders));
        Self { requests, thread }
    }
}

/// Boots the guest and runs one case after the other in it; when it dies, all further cases fail.
fn attend(engine: fn() -> Result<Uml, Skipped>, orders: &Receiver<Request>) {
    let mut guest = engine()
        .map_err(NotUp::Missing)
        .and_then(|engine| Booted::boot(&engine));
    for Request { wanted, answer } in orders {
        let verdict = match &mut guest {
            Err(not_up) => not_up.verdict(),
            Ok(booted) => match booted.run(&wanted) {
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
