//! Saved tables as values.

use std::io::BufRead;

use super::grammar::{self, Command};
use super::lines::{LineError, Lines};
use super::misuse::Misuse;
use super::names::Names;
use crate::Change;

/// A text that is no saved table.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SavedError(Problem);

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("line {number}: {misuse}")]
    Misuse { number: usize, misuse: Misuse },
    #[error("line {number}: a saved table only adds, edits and deletes")]
    NoChange { number: usize },
}

/// Reads what `ipvsadm -S -n` wrote, each change with the number of its line, from 1. Names of
/// hosts and ports are not looked up: nothing but `input` is read.
///
/// # Errors
///
/// The first line that is wrong, and why.
pub fn read_saved(input: impl BufRead) -> Result<Vec<(usize, Change)>, SavedError> {
    let mut names = Names::none();
    let mut lines = Lines::new(input);
    let mut changes = Vec::new();
    while let Some(line) = lines.next().map_err(|error| SavedError(error.into()))? {
        let number = line.number;
        match grammar::parse(super::NAME, &line.words, &mut names) {
            Ok(Command::Change(change)) => changes.push((number, *change)),
            Ok(_) => return Err(SavedError(Problem::NoChange { number })),
            Err(misuse) => return Err(SavedError(Problem::Misuse { number, misuse })),
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_table_becomes_changes_with_their_lines() {
        let saved = "-A -t 192.0.2.1:80 -s rr\n\n-a -t 192.0.2.1:80 -r 192.0.2.2:80 -m -w 4\n";
        let changes = read_saved(saved.as_bytes()).expect("it is right");
        let read: Vec<_> = changes
            .iter()
            .map(|(line, change)| format!("{line}: {change}"))
            .collect();
        assert_eq!(
            read,
            [
                "1: add service tcp 192.0.2.1:80",
                "3: add real server 192.0.2.2:80 to tcp 192.0.2.1:80"
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_change_is_named() {
        let wrong = |text: &str| {
            read_saved(text.as_bytes())
                .expect_err("it is wrong")
                .to_string()
        };
        assert_eq!(
            wrong("-C\n-L\n"),
            "line 2: a saved table only adds, edits and deletes"
        );
        assert_eq!(
            wrong("-A -t web:http\n"),
            "line 1: illegal virtual server address[:port] specified"
        );
    }
}
