//! The host's end: a guest that is up.

use std::io::{BufRead, BufReader};
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use netns_lab::cage::{Cage, Line};
use netns_lab::engine::{Engine, Uml};
use netns_lab::link::{self, ReceiveError};

use super::{Said, Verdict, Wanted};
use crate::skip::Skipped;

/// The longest that a boot or a case may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the console may still speak after the line is closed.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How many of the last console lines are shown.
const CONSOLE_LINES: usize = 40;

/// A guest with its line.
pub(super) struct Booted {
    input: ChildStdin,
    answers: Receiver<Result<Said, ReceiveError>>,
    console: Receiver<String>,
    /// Last, so that the line is closed first.
    _cage: Cage,
}

/// Why no case can run.
pub(super) enum NotUp {
    /// There is no kernel.
    Missing(Skipped),
    /// The guest did not start, or died; the last console lines.
    Died(String),
}

impl NotUp {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Missing(skipped) => Verdict::Skipped(skipped.clone()),
            Self::Died(why) => Verdict::Failed(why.clone()),
        }
    }
}

impl Booted {
    /// Boots the guest and waits until it says that it is up.
    pub(super) fn boot(engine: &Uml) -> Result<Self, NotUp> {
        let (cage, line) = engine
            .start()
            .map_err(|error| NotUp::Died(format!("cannot start the guest: {error}")))?;
        let Line {
            input,
            output,
            console,
        } = line;
        let booted = Self {
            input,
            answers: hear_answers(output),
            console: hear_console(console),
            _cage: cage,
        };
        match booted.next().map_err(NotUp::Died)? {
            Said::Up => Ok(booted),
            other => Err(NotUp::Died(format!("the guest began with {other:?}"))),
        }
    }

    /// Runs one case; the error says how the guest died.
    pub(super) fn run(&mut self, wanted: &Wanted) -> Result<Verdict, String> {
        link::send(&mut self.input, wanted)
            .map_err(|error| self.died(&format!("cannot reach the guest: {error}")))?;
        match self.next()? {
            Said::Passed(record) => Ok(Verdict::Passed(record)),
            Said::Failed(why) => Ok(Verdict::Failed(why)),
            Said::Up => Err(self.died("the guest started anew")),
        }
    }

    fn next(&self) -> Result<Said, String> {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(Ok(said)) => Ok(said),
            Ok(Err(error)) => Err(self.died(&format!("the guest died: {error}"))),
            Err(_) => Err(self.died("the guest hangs")),
        }
    }

    fn died(&self, how: &str) -> String {
        let mut lines = Vec::new();
        while let Ok(line) = self.console.recv_timeout(LAST_WORDS) {
            lines.push(line);
        }
        let last = lines.len().saturating_sub(CONSOLE_LINES);
        format!("{how}; its console:\n{}", lines[last..].join("\n"))
    }
}

fn hear_answers(output: ChildStdout) -> Receiver<Result<Said, ReceiveError>> {
    let (sender, answers) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let said = link::receive(&mut output);
            let last = said.is_err();
            if sender.send(said).is_err() || last {
                return;
            }
        }
    });
    answers
}

fn hear_console(console: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(console).split(b'\n').map_while(Result::ok);
        for line in lines {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
