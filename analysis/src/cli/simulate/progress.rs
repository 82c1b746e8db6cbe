//! How far a long simulation is, on a terminal.

use std::io::{self, IsTerminal, Write};

use analysis::simulate::Progress;

/// A line on standard error that is written over and over; nothing if that is no terminal.
pub struct Line {
    is_shown: bool,
    percent: Option<u64>,
}

impl Line {
    pub fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            percent: None,
        }
    }

    pub fn show(&mut self, progress: Progress) {
        let percent = progress.done * 100 / progress.total.max(1);
        if self.is_shown && self.percent != Some(percent) {
            self.percent = Some(percent);
            write(&format!("\rsimulating: {percent} %"));
        }
    }

    pub fn clear(&self) {
        if self.percent.is_some() {
            write("\r\x1b[K");
        }
    }
}

/// Progress that cannot be shown is no error.
fn write(text: &str) {
    let mut stderr = io::stderr();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}
