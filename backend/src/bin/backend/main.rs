//! An HTTP real server that names itself, counts, and behaves as badly as it is told to.

mod args;
mod plan;
mod run;

use std::process::ExitCode;

use clap::Parser;

use args::Args;
use plan::Plan;

/// Wrong usage.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let plan = match Plan::of(&args) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("error: {error}\n\nFor more information, try '--help'.");
            return ExitCode::from(USAGE);
        }
    };
    match run::run(plan) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
