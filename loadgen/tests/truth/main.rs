//! Latency truth: a server process that is stopped is seen in every percentile of the command.
//!
//! This executable is server and test at once. The server is a process of its own, so that SIGSTOP
//! stops all of it, and it keeps a log of its answers: what the command says is compared with that
//! and with the theory. One experiment at a time, so that they do not disturb each other.

mod experiment;
mod server;
mod stalls;
mod stops;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if server::is_wanted() {
        server::serve();
        return ExitCode::SUCCESS;
    }
    let args = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let trials = stops::tests().into_iter().chain(stalls::tests());
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&args, trials.map(trial).collect()).exit_code()
}

/// Tests by the names of their functions.
macro_rules! named_tests {
    ($($function:ident),+ $(,)?) => {
        vec![$((concat!(module_path!(), "::", stringify!($function)), $function as fn())),+]
    };
}
pub(crate) use named_tests;
