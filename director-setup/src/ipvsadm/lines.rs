//! The lines that a restore reads.

use std::io::{self, BufRead, Read};

/// The longest line, in bytes. The original overruns its buffer with words of more than 4096.
const LONGEST: u64 = 64 * 1024;

/// What to ask who feeds something else to a restore.
pub(super) const WRONG_INPUT: &str = "is this the output of `ipvsadm -S`?";

/// A line of a saved table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Its words, without the program's name; never none.
    pub(super) words: Vec<String>,
}

/// Why a line cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// It cannot be read.
    #[error("line {number}: cannot read the standard input: {source}")]
    Read {
        /// Its number, from 1.
        number: usize,
        /// The system's reason.
        source: io::Error,
    },
    /// It is no text of a saved table.
    #[error("line {number}: {problem}; {WRONG_INPUT}")]
    Text {
        /// Its number, from 1.
        number: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Lines with words, in order. Empty lines and those that begin with `#` are passed over.
pub(super) struct Lines<R> {
    input: R,
    number: usize,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            number: 0,
            buffer: Vec::new(),
        }
    }

    /// Reads up to the next line with words; `None` at the end of the input.
    pub(super) fn next(&mut self) -> Result<Option<Line>, LineError> {
        loop {
            self.number += 1;
            let number = self.number;
            self.buffer.clear();
            let length = self
                .input
                .by_ref()
                .take(LONGEST + 1)
                .read_until(b'\n', &mut self.buffer)
                .map_err(|source| LineError::Read { number, source })?;
            if length == 0 {
                return Ok(None);
            }
            let words =
                words(&self.buffer).map_err(|problem| LineError::Text { number, problem })?;
            if !words.is_empty() {
                return Ok(Some(Line { number, words }));
            }
        }
    }
}

fn words(line: &[u8]) -> Result<Vec<String>, &'static str> {
    if line.len() as u64 > LONGEST {
        return Err("it is longer than 64 KiB");
    }
    if line.contains(&0) {
        return Err("it has a NUL byte");
    }
    let text = str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    if text.starts_with('#') {
        return Ok(Vec::new());
    }
    // `-S` does not write the program's name, but people do.
    let words = text.split([' ', '\t', '\r', '\n']);
    Ok(words
        .filter(|word| !word.is_empty() && *word != "ipvsadm")
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<Vec<(usize, String)>, String> {
        let mut lines = Lines::new(input);
        let mut read = Vec::new();
        while let Some(line) = lines.next().map_err(|error| error.to_string())? {
            read.push((line.number, line.words.join(" ")));
        }
        Ok(read)
    }

    #[test]
    fn lines_keep_their_numbers_whatever_stands_between_them() {
        let input = b"\n-A -t 192.0.2.1:80\n# a comment\n \t \r\nipvsadm  -C\t-n\r\n-L";
        let lines = [(2, "-A -t 192.0.2.1:80"), (5, "-C -n"), (6, "-L")];
        let expected = lines.map(|(number, words)| (number, words.to_owned()));
        assert_eq!(read(input), Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_no_saved_table_is_said_with_its_line() {
        let question = "; is this the output of `ipvsadm -S`?";
        let wrong = |input: &[u8], problem: &str| {
            assert_eq!(read(input), Err(format!("{problem}{question}")));
        };
        wrong(b"-C\n-A \0\n", "line 2: it has a NUL byte");
        wrong(b"\xff\xfe", "line 1: it is not UTF-8");
        wrong(&b"x".repeat(5_000_000), "line 1: it is longer than 64 KiB");
    }
}
