//! Every option, once: its spelling, its help, and what it sets.

mod connection;
mod load;
mod report;
mod request;

use super::UsageError;
use super::draft::Draft;

/// One option.
#[derive(Debug)]
pub(super) struct Spec {
    /// ab's letter; the long options are those beyond ab.
    pub(super) letter: Option<char>,
    /// The long name, or the letter again.
    pub(super) name: &'static str,
    /// What the help calls its value; nothing if it takes none.
    pub(super) value: Option<&'static str>,
    pub(super) help: &'static str,
    set: fn(&mut Draft, &str) -> Result<(), Halt>,
}

/// Why the reading of the command line ends early.
#[derive(Debug)]
pub(super) enum Halt {
    Help,
    Version,
    Usage(UsageError),
}

impl From<UsageError> for Halt {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

type Set = fn(&mut Draft, &str) -> Result<(), Halt>;

/// One of ab's options.
const fn ab(
    letter: char,
    name: &'static str,
    value: Option<&'static str>,
    help: &'static str,
    set: Set,
) -> Spec {
    Spec {
        letter: Some(letter),
        name,
        value,
        help,
        set,
    }
}

/// An option beyond ab.
const fn long(
    name: &'static str,
    value: Option<&'static str>,
    help: &'static str,
    set: Set,
) -> Spec {
    Spec {
        letter: None,
        name,
        value,
        help,
        set,
    }
}

/// The options in the order of the help: by heading, ab's before those beyond.
pub(super) const SECTIONS: [(&str, &[Spec]); 8] = [
    ("Load, as in ab", load::AB),
    ("Load, beyond ab", load::BEYOND),
    ("Request, as in ab", request::AB),
    ("Request and response, beyond ab", request::BEYOND),
    ("Connection, as in ab", connection::AB),
    ("Connection, beyond ab", connection::BEYOND),
    ("Report, as in ab", report::AB),
    ("Report, beyond ab", report::BEYOND),
];

fn all() -> impl Iterator<Item = &'static Spec> {
    SECTIONS.iter().flat_map(|(_, specs)| specs.iter())
}

pub(super) fn by_letter(letter: char) -> Option<&'static Spec> {
    all().find(|spec| spec.letter == Some(letter))
}

pub(super) fn by_name(name: &str) -> Option<&'static Spec> {
    all().find(|spec| spec.letter.is_none() && spec.name == name)
}

/// The long option whose name is most like what was typed, if any is like it.
pub(super) fn nearest(given: &str) -> Option<&'static str> {
    let likeness = |spec: &&Spec| strsim::jaro_winkler(spec.name, given);
    all()
        .filter(|spec| spec.letter.is_none())
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|spec| likeness(spec) > 0.8)
        .map(|spec| spec.name)
}

impl Spec {
    /// Carries the option out on `draft`. A value that is not taken is said with the option.
    pub(super) fn apply(&self, draft: &mut Draft, value: &str) -> Result<(), Halt> {
        (self.set)(draft, value).map_err(|halt| match halt {
            Halt::Usage(UsageError::Value { value, problem, .. }) => {
                let option = self.spelling();
                Halt::Usage(UsageError::Value {
                    option,
                    value,
                    problem,
                })
            }
            other => other,
        })
    }

    /// `-n` or `--rate`.
    pub(super) fn spelling(&self) -> String {
        match self.letter {
            Some(letter) => format!("-{letter}"),
            None => format!("--{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters that `ab -h` of 2.3 lists.
    const AB: &str = "nctsbBpuTvwixyzCHAPXVkdSqlgermhIZfE";

    #[test]
    fn every_option_of_ab_exists_and_no_other_letter() {
        let mut of_ab: Vec<char> = AB.chars().collect();
        let mut letters: Vec<char> = all().filter_map(|spec| spec.letter).collect();
        of_ab.sort_unstable();
        letters.sort_unstable();
        assert_eq!(letters, of_ab);
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names: Vec<_> = all().map(|spec| spec.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        assert_eq!(nearest("by-headers"), Some("by-header"));
        assert_eq!(nearest("warmup"), Some("warm-up"));
        assert_eq!(nearest("zzz"), None);
    }
}
