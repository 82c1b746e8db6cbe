//! What can be wrong with a file.

use std::fmt;
use std::io;

/// Problems that are shown; the others are counted.
const SHOWN: usize = 50;

/// A file that describes nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It cannot be read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The file, as people call it.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// It is longer than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("cannot read {name}: it is longer than {limit} bytes, which is no configuration")]
    TooLong {
        /// The file, as people call it.
        name: String,
        /// The most that is read.
        limit: u64,
    },
    /// It is not TOML, it says what has no meaning, or its parts contradict each other.
    #[error("{}", list(name, problems))]
    Meaning {
        /// The file, as people call it.
        name: String,
        /// Everything that is wrong, in the order of the lines.
        problems: Vec<Problem>,
    },
}

/// One thing in a file that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)
    }
}

fn list(name: &str, problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems
        .iter()
        .take(SHOWN)
        .map(|problem| format!("{name}:{problem}"))
        .collect();
    if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("{name}: and {more} more problems"));
    }
    lines.join("\n")
}
