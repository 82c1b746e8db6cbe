//! Ctrl-C and its relatives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{Continue, Interrupt};

/// Whether the user has had enough, for those who look; and who is to be told at once.
#[derive(Debug, Clone, Default)]
pub struct Interruption {
    happened: Arc<AtomicBool>,
    session: Arc<Mutex<Option<Interrupt>>>,
}

impl Interruption {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on.
    pub fn listen() -> Result<Self, ctrlc::Error> {
        let this = Self::default();
        let heard = this.clone();
        ctrlc::set_handler(move || heard.happen())?;
        Ok(this)
    }

    fn happen(&self) {
        self.happened.store(true, Ordering::SeqCst);
        if let Some(session) = &*self.session.lock().unwrap_or_else(PoisonError::into_inner) {
            session.interrupt();
        }
    }

    /// Tells this session too, even if it already happened.
    pub fn tell(&self, session: Interrupt) {
        // Stored first: a signal either finds the session or comes before the question.
        let mut told = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = told.insert(session);
        if self.go_on() == Continue::No {
            session.interrupt();
        }
    }

    /// Whether to go on.
    pub fn go_on(&self) -> Continue {
        if self.happened.load(Ordering::SeqCst) {
            Continue::No
        } else {
            Continue::Yes
        }
    }
}
