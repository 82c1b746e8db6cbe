//! `analysis`: reports from saved records, without a lab.
#![expect(
    clippy::disallowed_methods,
    reason = "the library is pure; this binary is its edge and does the reading and writing"
)]

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Record;
use analysis::record::{parse_records, schema};
use analysis::view::{Colour, Format};
use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};

/// Wrong usage or file.
const EXIT_USAGE: u8 = 2;

/// Reports from saved records of Linux Virtual Server labs.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows saved records.
    Report {
        /// Files of records: JSON, one value after the other.
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<PathBuf>,
        /// text, json, csv, markdown or html.
        #[arg(long, default_value_t = Format::Text)]
        format: Format,
        /// Whether text is coloured.
        #[arg(long, value_enum, default_value_t = When::Auto)]
        color: When,
    },
    /// Prints the JSON Schema of a record.
    Schema,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

impl When {
    fn colour(self) -> Colour {
        let no_color = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => Colour::Ansi,
            Self::Auto if io::stdout().is_terminal() && !no_color() => Colour::Ansi,
            Self::Auto | Self::Never => Colour::Plain,
        }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if stderr is closed as well.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Report {
            records,
            format,
            color,
        } => {
            let records = read(&records)?;
            print(&format.view(color.colour()).render(&records)?)
        }
        Command::Schema => print(&(serde_json::to_string_pretty(&schema())? + "\n")),
    }
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    for file in files {
        let name = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(name)?;
        records.extend(parse_records(&text).with_context(name)?);
    }
    Ok(records)
}

/// A reader that closes the pipe has seen enough: that is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing"),
        _ => Ok(()),
    }
}
