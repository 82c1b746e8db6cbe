//! `-R`: commands from the standard input, over one socket and many at a time.

use std::io::{self, BufRead, Write};

use super::grammar::{self, Command};
use super::lines::{Line, Lines, WRONG_INPUT};
use super::misuse::Misuse;
use super::refusal;
use super::run::{Failure, Session, print_help, print_version};
use crate::Change;

/// Changes that are collected before they are sent.
const BATCH: usize = 1024;

/// How a restore ended that was not cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastLine {
    /// The last line was carried out.
    Done,
    /// The last line was refused, or not understood.
    Failed,
}

/// What comes after a line.
enum Next {
    Line,
    None,
}

/// One pass over the lines of a saved table.
pub(super) struct Restore<'a, W> {
    session: &'a mut Session,
    out: &'a mut W,
    /// Whether a person waits for the answer to each line.
    at_once: bool,
    pending: Vec<Change>,
    /// The lines of the pending changes.
    lines: Vec<usize>,
    last: LastLine,
    applied: usize,
    refused: usize,
}

impl<'a, W: Write> Restore<'a, W> {
    pub(super) const fn new(session: &'a mut Session, out: &'a mut W, at_once: bool) -> Self {
        Self {
            session,
            out,
            at_once,
            pending: Vec::new(),
            lines: Vec::new(),
            last: LastLine::Done,
            applied: 0,
            refused: 0,
        }
    }

    /// Carries out every line. As with the original, a line that the kernel refuses does not keep
    /// the next from being carried out, but one that makes no sense does.
    pub(super) fn run(mut self, input: impl BufRead) -> Result<LastLine, Failure> {
        let mut lines = Lines::new(input);
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => return Err(self.cut_short(2, &error.to_string())?),
            };
            if let Next::None = self.line(&line)? {
                break;
            }
        }
        self.send()?;
        Ok(self.last)
    }

    fn line(&mut self, line: &Line) -> Result<Next, Failure> {
        let Session { program, names, .. } = &mut *self.session;
        match grammar::parse(program, &line.words, names) {
            Ok(Command::Change(change)) => {
                self.pending.push(*change);
                self.lines.push(line.number);
                if self.at_once || self.pending.len() >= BATCH {
                    self.send()?;
                }
            }
            Ok(Command::Restore) => {
                let message = format!("line {}: a restore cannot restore", line.number);
                return Err(self.cut_short(255, &message)?);
            }
            Ok(Command::Show(_, Some(_))) => {
                let message = format!("line {}: a restore cannot watch", line.number);
                return Err(self.cut_short(2, &message)?);
            }
            Ok(Command::Show(show, None)) => {
                self.send()?;
                self.last = LastLine::Done;
                if let Err(failure) = self.session.print(&show, self.out) {
                    let message = format!("line {}: {failure}", line.number);
                    return Err(self.cut_short(failure.code(), &message)?);
                }
            }
            // The original leaves after these, and forgets the lines behind.
            Ok(command @ (Command::Help | Command::Version)) => {
                self.send()?;
                self.last = LastLine::Done;
                match command {
                    Command::Help => print_help(&self.session.program, self.out)?,
                    _ => print_version(self.out)?,
                }
                return Ok(Next::None);
            }
            Err(misuse @ Misuse::NoCommand { .. }) => {
                let number = line.number;
                let message = format!("line {number}: it begins with no command; {WRONG_INPUT}");
                return Err(self.cut_short(misuse.code(), &message)?);
            }
            Err(misuse) if misuse.ends_restore() => {
                let message = format!("line {}: {misuse}", line.number);
                return Err(self.cut_short(misuse.code(), &message)?);
            }
            Err(misuse) => {
                self.send()?;
                self.refuse(line.number, &misuse.to_string());
                self.last = LastLine::Failed;
            }
        }
        Ok(Next::Line)
    }

    /// Sends what is pending and reports the lines that the kernel refused.
    fn send(&mut self) -> Result<(), Failure> {
        let (Some(last), lines) = (self.lines.last().copied(), std::mem::take(&mut self.lines))
        else {
            return Ok(());
        };
        let changes = std::mem::take(&mut self.pending);
        let outcome = self.session.client.carry_out_all(&changes);
        let refusals = outcome.map_err(|error| Failure::Stopped {
            code: 255,
            message: format!(
                "lines {} to {last}: {error}; it is not known which of them were applied ({} \
                 before them were)",
                lines[0], self.applied
            ),
        })?;
        self.applied += changes.len() - refusals.len();
        self.last = LastLine::Done;
        for (place, error) in refusals {
            self.refuse(lines[place], &refusal::explain(&error));
            if lines[place] == last {
                self.last = LastLine::Failed;
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: usize, message: &str) {
        self.refused += 1;
        // One system call, where `eprintln` would make five. That it cannot be written is the lesser
        // news.
        let _ = io::stderr().write_all(format!("line {line}: {message}\n").as_bytes());
    }

    /// The failure of a restore that ends before its last line, after all lines up to there.
    fn cut_short(&mut self, code: u8, message: &str) -> Result<Failure, Failure> {
        self.send()?;
        let (applied, refused) = (self.applied, self.refused);
        let refused = match refused {
            0 => String::new(),
            refused => format!(", {refused} refused"),
        };
        let lines = if applied == 1 { "line" } else { "lines" };
        let message =
            format!("{message} ({applied} {lines} before it applied{refused}, none after it)");
        Ok(Failure::Stopped { code, message })
    }
}
