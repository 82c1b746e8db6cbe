//! The command `director-setup`.

mod failure;
mod list;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};

pub use failure::{CliFailure, EXIT_BUG, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE};

pub use crate::configuration::{ConfigurationError, Problem};

use crate::Client;
use crate::apply::{actual, changes};
use crate::configuration::Configuration;
use list::Listing;

/// Shows and sets the virtual services of this host, or of the network namespace it is run in.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the kernel refused, or the output cannot be written; 2 wrong usage or file;
69 this kernel has no IPVS, or the permission is missing; 70 a bug.
RUST_LOG=director_setup=debug shows every request, =trace its bytes.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists services and real servers with weights, open connections and 64-bit counters.
    List {
        /// How the list is written.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Adds the services and real servers of a TOML file that are missing, and edits those that
    /// differ; deletes nothing.
    #[command(after_help = EXAMPLE)]
    Apply {
        /// Only show what would be done.
        #[arg(long)]
        dry_run: bool,
        /// The file.
        file: PathBuf,
    },
}

const EXAMPLE: &str = r#"The file:
  [[service]]
  protocol = "tcp"             # tcp, udp or sctp
  address = "192.168.0.1:80"
  scheduler = "wlc"
  [[service.server]]
  address = "192.168.1.2:80"
  weight = 4                   # 1 if not written
  forwarding = "nat"           # nat, dr or tun"#;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table.
    Text,
    /// One JSON object.
    Json,
}

/// What `apply` does with the steps that it found.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Show,
    CarryOut,
}

/// Runs the command and writes its result to `out`.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), CliFailure> {
    match &arguments.command {
        Command::List { format } => list(*format, out),
        Command::Apply { dry_run, file } => {
            let mode = if *dry_run { Mode::Show } else { Mode::CarryOut };
            apply(file, mode, out)
        }
    }
}

fn list(format: Format, out: &mut impl Write) -> Result<(), CliFailure> {
    let listing = Listing::read(&mut Client::connect()?)?;
    match format {
        Format::Text => write!(out, "{listing}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &listing).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

fn apply(file: &Path, mode: Mode, out: &mut impl Write) -> Result<(), CliFailure> {
    let desired = Configuration::read(file)?;
    let mut client = Client::connect()?;
    let steps = changes(&desired, &actual(&mut client)?);
    if steps.is_empty() {
        writeln!(out, "nothing to change")?;
    }
    for step in steps {
        if let Mode::CarryOut = mode {
            step.carry_out(&mut client)?;
        }
        writeln!(out, "{step}")?;
    }
    Ok(())
}
