//! Command lines that cannot be meant.

use super::words::Malformed;

/// Why a command line is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misuse {
    /// There is no command where it should be: first.
    #[error("Try `{program} -h' or '{program} --help' for more information.")]
    NoCommand {
        /// The name of this program.
        program: String,
    },
    /// A word is no option, or lacks its argument.
    #[error("{0}")]
    Word(String),
    /// Options and arguments do not fit together, or a value is none.
    #[error("{0}")]
    Wrong(String),
}

impl Misuse {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }

    /// The exit code of the original.
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Wrong(_) => 2,
            Self::NoCommand { .. } | Self::Word(_) => 255,
        }
    }

    /// Whether the original gives up a restore at such a line; otherwise it goes on with the next.
    pub(super) const fn ends_restore(&self) -> bool {
        !matches!(self, Self::Word(_))
    }
}

impl From<Malformed> for Misuse {
    fn from(word: Malformed) -> Self {
        Self::Word(word.to_string())
    }
}
