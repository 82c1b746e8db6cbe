//! Reads a trace.

mod events;
mod headers;

use self::headers::HeaderLines;
use super::header::FIRST_LINE;
use super::words::Words;
use super::{Contradiction, Recorder, Trace};

/// The longest line, in bytes.
const LONGEST_LINE: usize = 512;
/// How much of a wrong word is shown, in characters.
const SHOWN: usize = 60;

/// A line of a trace that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TraceError {
    /// The number of the line, counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is no trace, or one of another format.
    #[error("this is no trace of format 1: its first line must be `{FIRST_LINE}`")]
    NotATrace,
    /// More than [`LONGEST_LINE`] bytes.
    #[error("the line has more than {LONGEST_LINE} bytes")]
    LineTooLong,
    /// A word that should be something else.
    #[error("{found:?} is wrong: expected {right}")]
    Wrong {
        /// The word, shortened.
        found: String,
        /// What would be right.
        right: &'static str,
    },
    /// The line ends too early.
    #[error("the line ends where it should go on with {0}")]
    Missing(&'static str),
    /// The header has no such line.
    #[error("the header has no line `{0}`: add it above the first event")]
    NoHeader(&'static str),
    /// The header has such a line already.
    #[error("the header has a line `{0}` already: leave one of them")]
    Repeated(&'static str),
    /// A flag of another scheduler.
    #[error("{flag} is a flag of {owner}, the scheduler is {scheduler}")]
    ForeignFlag {
        /// The flag.
        flag: &'static str,
        /// Whose it is.
        owner: String,
        /// The trace's scheduler.
        scheduler: String,
    },
    /// It cannot have happened.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
}

impl Problem {
    pub(super) fn wrong(found: &str, right: &'static str) -> Self {
        Self::Wrong {
            found: found.chars().take(SHOWN).collect(),
            right,
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Trace, TraceError> {
    let mut lines = text.lines().zip(1..).peekable();
    let is_first_line = |(first, _): &(&str, usize)| *first == FIRST_LINE;
    lines.next_if(is_first_line).ok_or(TraceError {
        line: 1,
        problem: Problem::NotATrace,
    })?;
    let mut header = HeaderLines::default();
    while let Some((line, number)) = lines.next_if(|(line, _)| !is_event(line)) {
        take_header(&mut header, line).map_err(at(number))?;
    }
    let end = lines.peek().map_or(text.lines().count(), |&(_, line)| line);
    let header = header.finish().map_err(at(end))?;
    let destination = header.destination();
    let mut recorder = Recorder::new(header);
    for (line, number) in lines {
        check_length(line)
            .and_then(|()| events::parse(line, destination))
            .and_then(|timed| {
                timed.map_or(Ok(()), |(at, event)| {
                    Ok(recorder.record_line(number, at, event)?)
                })
            })
            .map_err(at(number))?;
    }
    Ok(recorder.finish())
}

fn at(line: usize) -> impl Fn(Problem) -> TraceError {
    move |problem| TraceError { line, problem }
}

fn is_event(line: &str) -> bool {
    line.trim_start().starts_with(|c: char| c.is_ascii_digit())
}

fn take_header(header: &mut HeaderLines, line: &str) -> Result<(), Problem> {
    check_length(line)?;
    header.take(Words::of(line))
}

const fn check_length(line: &str) -> Result<(), Problem> {
    if line.len() > LONGEST_LINE {
        Err(Problem::LineTooLong)
    } else {
        Ok(())
    }
}
