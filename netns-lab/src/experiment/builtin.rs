//! The experiments that come with the lab, embedded in the executable.

use super::file::ExperimentFile;

/// One built-in experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its name, also the `name` in its text.
    pub name: &'static str,
    /// Its file, comments and all: a pattern for one's own.
    pub text: &'static str,
}

impl Builtin {
    /// What is written in it.
    pub fn file(&self) -> ExperimentFile {
        ExperimentFile::read(&format!("<built in>/{}.toml", self.name), self.text)
    }
}

macro_rules! builtin {
    ($name:literal) => {
        Builtin {
            name: $name,
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../experiments/",
                $name,
                ".toml"
            )),
        }
    };
}

const ALL: [Builtin; 10] = [
    builtin!("nat-wlc"),
    builtin!("dr-wlc"),
    builtin!("nat-wrr"),
    builtin!("nat-lc"),
    builtin!("nat-sed"),
    builtin!("nat-fo"),
    builtin!("nat-sh"),
    builtin!("nat-mh-port"),
    builtin!("dr-sh-one-client"),
    builtin!("nat-persistent"),
];

/// All built-in experiments, in the order in which people are told about them.
pub fn all() -> &'static [Builtin] {
    &ALL
}

/// The built-in experiment of this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    all().iter().find(|builtin| builtin.name == name)
}
