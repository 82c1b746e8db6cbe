//! Tests that may find that they cannot run here.

use std::env;

use libtest_mimic::{Completion, Failed, Trial};

/// Why a test could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub String);

/// What a test that runs on the host returns; it fails by a panic.
pub type Outcome = Result<(), Skipped>;

/// A test that runs on the host.
pub struct Test {
    name: &'static str,
    run: Box<dyn FnOnce() -> Outcome + Send>,
}

/// What a test's function may return: nothing if it can always run.
pub trait IntoOutcome {
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Ok(self)
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl Test {
    pub fn new<T: IntoOutcome + 'static>(name: &'static str, test: fn() -> T) -> Self {
        let run = Box::new(move || test().into_outcome());
        Self { name, run }
    }
}

/// Tests, named after their functions, below a prefix.
macro_rules! named_tests {
    ($prefix:literal: $($function:ident),+ $(,)?) => {
        vec![$(
            crate::skip::Test::new(concat!($prefix, "::", stringify!($function)), $function)
        ),+]
    };
}
pub(crate) use named_tests;

/// The trials of such tests.
pub fn trials(tests: Vec<Test>) -> Vec<Trial> {
    tests
        .into_iter()
        .map(|Test { name, run }| Trial::ignorable_test(name, || conclude(run())))
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
