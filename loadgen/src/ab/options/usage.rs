//! What is wrong with a command line.

use thiserror::Error;

use crate::BadUrl;

/// Why a command line is refused. The sentence begins as ab's does where ab refuses it too, and
/// says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UsageError {
    /// A letter that is no option. ab says so, and then runs as if its options ended there.
    #[error("illegal option -- {0}; --help lists the options")]
    Letter(char),
    /// A long option that does not exist.
    #[error("unknown option --{given}{}", nearest.map(|name| format!("; did you mean --{name}?")).unwrap_or_default())]
    Name {
        /// What was typed.
        given: String,
        /// The option whose name is most like it.
        nearest: Option<&'static str>,
    },
    /// The last argument is an option that takes a value.
    #[error("option requires an argument -- {0}")]
    MissingValue(String),
    /// `--option=value` where the option takes none.
    #[error("option --{0} takes no value")]
    UnwantedValue(&'static str),
    /// There is not exactly one argument after the options.
    #[error("wrong number of arguments: {}", arguments(*given, *late_option))]
    Arguments {
        /// How many there are.
        given: usize,
        /// Whether one of them looks like an option.
        late_option: bool,
    },
    /// An argument that is not UTF-8.
    #[error("the argument {0} is not UTF-8")]
    NotUtf8(String),
    /// The last argument is no URL.
    #[error("invalid URL: {0}")]
    Url(BadUrl),
    /// `-n` is not a number from 1.
    #[error("Invalid number of requests: write a whole number from 1 after -n")]
    Requests,
    /// `-c` is out of range.
    #[error("Invalid Concurrency [Range 1..200000]: -c {0}")]
    Concurrency(String),
    /// `-c` is more than `-n`.
    #[error(
        "Cannot use concurrency level greater than total number of requests: -c {concurrency} is \
         more than {requests}; raise -n or lower -c"
    )]
    ConcurrencyAboveRequests {
        /// The value of `-c`.
        concurrency: u32,
        /// The number of requests.
        requests: u64,
    },
    /// A second option that chooses the method.
    #[error("Cannot mix {0} with other methods")]
    Methods(&'static str),
    /// The credentials of `-A` or `-P` do not fit into ab's 1024 bytes.
    #[error("{0} credentials too long: at most 765 bytes")]
    Credentials(&'static str),
    /// A value that an option does not take.
    #[error("{option} '{value}': {problem}")]
    Value {
        /// The option.
        option: String,
        /// What was typed.
        value: String,
        /// What to write instead.
        problem: String,
    },
    /// Two options that cannot both be meant.
    #[error("{0} and {1} contradict each other; {2}")]
    Contradiction(&'static str, &'static str, &'static str),
    /// An option that only means something beside another.
    #[error("{0} needs {1}")]
    Needs(&'static str, &'static str),
}

fn arguments(given: usize, late_option: bool) -> &'static str {
    match (given, late_option) {
        (0, _) => "the URL is missing",
        (_, true) => "write every option before the URL",
        (_, false) => "write one URL",
    }
}
