//! `director-setup check`

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::{CliFailure, EXIT_REFUSED, Format};
use crate::check::{Report, Severity, gather};

/// The arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

const AFTER_HELP: &str = "\
It changes nothing, except that it sends ARP probes for the VIPs to the real servers' networks and
waits one second for answers, two if there are any. The exit code is 1 if there is a finding of
severity error.";

/// Runs the command and writes its result to `out`; the exit code says whether there is an error
/// among the findings.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> Result<ExitCode, CliFailure> {
    let (ipvs, snapshot) = gather()?;
    let report = Report::new(ipvs, &snapshot);
    match arguments.format {
        Format::Text => write!(out, "{report}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &report).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(match report.count(Severity::Error) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_REFUSED),
    })
}
