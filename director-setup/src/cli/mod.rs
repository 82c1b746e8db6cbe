//! The command `director-setup`.

mod apply;
mod check;
mod export;
mod failure;
mod list;
mod plan;
mod realserver;

use std::ffi::OsString;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

pub use failure::{CliFailure, EXIT_BUG, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE};

pub use crate::configuration::{ConfigurationError, Problem};

use crate::Client;
use crate::ipvsadm;
use crate::watch::watch;
use list::Listing;

/// Shows and sets the virtual services of this host, or of the network namespace it is run in.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the kernel refused, the check found an error, or the output cannot be
written; 2 wrong usage or file; 69 this kernel has no IPVS, or the permission is missing; 70 a bug.
RUST_LOG=director_setup=debug shows every request, =trace its bytes.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists services and real servers with weights, open connections and 64-bit counters.
    List {
        /// How the list is written.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Lists again every so many seconds, until it is interrupted.
        #[arg(long, value_name = "SECONDS", value_parser = interval)]
        watch: Option<Duration>,
    },
    /// Takes the words of ipvsadm 1.31 and answers as it does.
    ///
    /// All its commands and options, the same output and exit codes; `ipvsadm -h` lists them. The
    /// same happens if this program is called by the name `ipvsadm`. Beyond the original:
    /// `-L --watch SECONDS` lists again and again.
    #[command(disable_help_flag = true)]
    Ipvsadm {
        /// The words of ipvsadm, such as `-L -n`.
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "WORD"
        )]
        words: Vec<OsString>,
    },
    /// Writes the services, real servers, timeouts and sync daemons as the TOML file that `apply`
    /// takes.
    Export(export::Arguments),
    /// Shows what `apply` would do.
    #[command(after_help = plan::FILE)]
    Plan(plan::Arguments),
    /// Makes the services of a TOML file what it says: adds, edits and, with --prune, deletes.
    ///
    /// It never empties the table, and a second time it changes nothing. It stops at the first
    /// step that the kernel refuses; what was done before stays.
    #[command(after_help = plan::FILE)]
    Apply(apply::Arguments),
    /// Looks for mistakes in the services, their real servers and the network around them.
    Check(check::Arguments),
    /// Prepares the host of a real server for direct routing or tunnelling, and undoes it.
    #[command(name = "realserver")]
    RealServer(realserver::Arguments),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// JSON, for programs.
    Json,
}

fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "write seconds, 0.1 to 86400".to_owned())
}

/// Bytes that are written at a time: as much as a pipe holds. Standard output by itself is written
/// line by line, and a list of 2 000 services with 10 real servers is 700 000 lines of JSON.
const OUTPUT: usize = 64 * 1024;

/// Runs the command and writes its result to `out`.
///
/// Only `ipvsadm` and `check` have exit codes of their own; everything else succeeds, or fails with
/// a [`CliFailure`].
pub fn run(arguments: &Arguments, out: &mut impl Write) -> Result<ExitCode, CliFailure> {
    let mut out = BufWriter::with_capacity(OUTPUT, out);
    // What was written before a failure is still owed; dropping the writer pays it.
    let code = carry_out(&arguments.command, &mut out)?;
    out.flush()?;
    Ok(code)
}

fn carry_out(command: &Command, out: &mut impl Write) -> Result<ExitCode, CliFailure> {
    match command {
        Command::List { format, watch } => list(*format, *watch, out)?,
        Command::Ipvsadm { words } => {
            return Ok(ipvsadm::main(ipvsadm::NAME.as_ref(), words.iter().cloned()));
        }
        Command::Export(arguments) => export::run(arguments, out)?,
        Command::Plan(arguments) => plan::run(arguments, out)?,
        Command::Apply(arguments) => apply::run(arguments, out)?,
        Command::Check(arguments) => return check::run(arguments, out),
        Command::RealServer(arguments) => realserver::run(arguments, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(
    format: Format,
    interval: Option<Duration>,
    out: &mut impl Write,
) -> Result<(), CliFailure> {
    let mut client = Client::connect()?;
    match interval {
        None => list_once(&mut client, format, out),
        Some(interval) => watch(interval, out, |picture| {
            list_once(&mut client, format, picture)
        }),
    }
}

fn list_once(client: &mut Client, format: Format, out: &mut impl Write) -> Result<(), CliFailure> {
    let listing = Listing::read(client)?;
    match format {
        Format::Text => write!(out, "{listing}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &listing).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(())
}
