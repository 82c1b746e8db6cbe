//! The command line: a file for each command.

mod colour;
mod replay;
mod report;
mod simulate;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use analysis::record::schema;
use anyhow::Context;
use clap::{Parser, Subcommand};

/// Wrong usage or file.
pub const EXIT_USAGE: u8 = 2;

/// Models and reports of Linux Virtual Server, without a lab.
#[derive(Parser)]
#[command(version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares traces of a kernel's decisions with the models of its schedulers.
    ///
    /// Exits with 0 if everything is equal, with 1 if something is not, and with 2 if a file is wrong.
    Replay(replay::Arguments),
    /// Shows saved records.
    Report(report::Arguments),
    /// Predicts the shares of real servers, without a lab.
    Simulate(Box<simulate::Arguments>),
    /// Prints the JSON Schema of a record.
    Schema,
}

/// Carries out a command; the error is a user's mistake.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Replay(arguments) => return replay::run(&arguments),
        Command::Report(arguments) => report::run(&arguments)?,
        Command::Simulate(arguments) => simulate::run(&arguments)?,
        Command::Schema => print(&(serde_json::to_string_pretty(&schema())? + "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A reader that closes the pipe has seen enough: that is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing"),
        _ => Ok(()),
    }
}
