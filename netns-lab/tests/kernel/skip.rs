//! Tests that may find that they cannot run here.

use std::env;

use libtest_mimic::{Completion, Failed, Trial};

/// Why a test could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub String);

/// What a test that runs on the host returns; it fails by a panic.
pub type Outcome = Result<(), Skipped>;

/// A test that runs on the host, and its name.
pub type Test = (&'static str, fn() -> Outcome);

/// The trials of such tests.
pub fn trials(tests: Vec<Test>) -> Vec<Trial> {
    tests
        .into_iter()
        .map(|(name, test)| Trial::ignorable_test(name, move || conclude(test())))
        .collect()
}

/// Says what was skipped; where everything should be there, in CI, that is a failure.
pub fn conclude(outcome: Outcome) -> Result<Completion, Failed> {
    let Err(Skipped(why)) = outcome else {
        return Ok(Completion::Completed);
    };
    let skipped = format!("skipped: {why}");
    if env::var_os("CI").is_some() {
        return Err(Failed::from(skipped));
    }
    eprintln!("{skipped}");
    Ok(Completion::ignored_with(skipped))
}
