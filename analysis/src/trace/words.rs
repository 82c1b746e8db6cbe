//! The words of a line, taken one by one.

use std::str::{FromStr, SplitAsciiWhitespace};

use super::Problem;

/// What is left of a line.
pub(super) struct Words<'a>(SplitAsciiWhitespace<'a>);

impl<'a> Words<'a> {
    /// The words of a line without its comment.
    pub(super) fn of(line: &'a str) -> Self {
        let text = line.split_once('#').map_or(line, |(text, _)| text);
        Self(text.split_ascii_whitespace())
    }

    /// The next word, if there is one.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    /// The next word, which has to be there and to be `right`.
    pub(super) fn parse<T: FromStr>(&mut self, right: &'static str) -> Result<T, Problem> {
        let word = self.word(right)?;
        word.parse().map_err(|_| Problem::wrong(word, right))
    }

    /// The next word, whatever it is.
    pub(super) fn word(&mut self, right: &'static str) -> Result<&'a str, Problem> {
        self.next().ok_or(Problem::Missing(right))
    }

    /// Nothing may follow.
    pub(super) fn end(mut self) -> Result<(), Problem> {
        match self.next() {
            Some(word) => Err(Problem::wrong(word, "the end of the line")),
            None => Ok(()),
        }
    }
}
