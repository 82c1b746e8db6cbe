//! `analysis`: models and reports without a lab.
#![expect(
    clippy::disallowed_methods,
    reason = "the library is pure; this binary is its edge and does the reading and writing"
)]

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to tell if stderr is closed as well.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(cli::EXIT_USAGE)
        }
    }
}
