//! The command line.

mod args;
mod check;
mod display;
mod interrupt;
mod list;
mod output;
mod report;
mod run;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::exit;
use args::{Cli, Command};

/// Runs the command that was typed and returns its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.verbose);
    let code = match cli.command {
        Some(Command::Run(args)) => run::run(&args, cli.color),
        Some(Command::List) => list::list(),
        Some(Command::Check) => check::check(),
        None => run::run(&args::RunArgs::default(), cli.color),
    };
    ExitCode::from(code.unwrap_or_else(Failure::report))
}

/// What ends a command early.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn new(code: u8, error: &anyhow::Error) -> Self {
        Self {
            code,
            message: format!("error: {error:#}"),
        }
    }

    /// Says it, once.
    fn report(self) -> u8 {
        eprintln!("{}", self.message);
        self.code
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("NETNS_LAB_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .init();
}

/// Writes to standard output; a reader that has seen enough is no error.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| {
            Failure::new(
                exit::MISSING,
                &anyhow::Error::new(error).context("cannot write to standard output"),
            )
        }),
    }
}
