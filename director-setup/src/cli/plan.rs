//! `director-setup plan`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{CliFailure, Format};
use crate::Client;
use crate::configuration::{self, Configuration, ConfigurationError, Problem};
use crate::plan::{Options, Plan, Unnamed, plan};

/// The file, by example.
pub(super) const FILE: &str = r#"The file; what is not written has its default:
  [timeouts]                             # untouched without this section
  tcp = 900                              # seconds; also tcp_fin, udp
  [[sync_daemon]]                        # untouched without; `sync_daemon = []` with --prune: none
  role = "master"                        # or backup
  interface = "eth0"
  sync_id = 1                            # also max_length, group, port, ttl
  [[service]]
  protocol = "tcp"                       # tcp, udp or sctp, or instead of protocol and address:
  address = "192.168.0.1:80"             # fwmark = 5, family = "ipv4"
  scheduler = "sh"
  flags = ["sh-port", "sh-fallback"]     # mh-port, mh-fallback, one-packet, flag-1 to flag-3
  persistence = { timeout = 300, netmask = "255.255.255.0" }    # IPv6: netmask = 64
  engine = "sip"
  [[service.server]]
  address = "192.168.1.2:80"             # without a port: the service's
  forwarding = "tun"                     # nat, dr or tun
  weight = 4
  thresholds = { upper = 100, lower = 50 }
  tunnel = { type = "gue", port = 6080, checksum = "full" }     # ipip, gue, gre; none, full, remote
`director-setup export` writes one. Several real servers fit `server = [{ ... }, { ... }]`."#;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How the plan is written; as JSON it is a list of changes.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What shall be.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// Delete the services and real servers that the file does not name, and stop sync daemons that
    /// it does not name if it has a `sync_daemon` section.
    #[arg(long)]
    prune: bool,
}

impl Target {
    /// Reads the file, and says on standard error what is odd about it.
    pub(super) fn read(&self) -> Result<Configuration, ConfigurationError> {
        let (name, reviewed) = if self.file == Path::new("-") {
            let name = "standard input".to_owned();
            let reviewed = Configuration::read_from(&name, io::stdin().lock())?;
            (name, reviewed)
        } else {
            let name = self.file.display().to_string();
            (name, Configuration::read_file(&self.file)?)
        };
        if self.prune && reviewed.blank {
            return Err(blank(name));
        }
        for warning in &reviewed.warnings {
            eprintln!("warning: {name}:{warning}");
        }
        Ok(reviewed.configuration)
    }

    pub(super) const fn unnamed(&self) -> Unnamed {
        if self.prune {
            Unnamed::Delete
        } else {
            Unnamed::Keep
        }
    }
}

/// A file without services, such as an empty one or the first lines of another, is more often an
/// accident than a wish.
fn blank(name: String) -> ConfigurationError {
    let text = "the file says nothing about services, and --prune would delete every one: \
                write `service = []` at its top if this is meant";
    ConfigurationError::Meaning {
        name,
        problems: vec![Problem {
            line: 1,
            text: text.to_owned(),
        }],
    }
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), CliFailure> {
    let wanted = arguments.target.read()?;
    let actual = configuration::read(&mut Client::connect()?)?;
    let options = Options {
        unnamed: arguments.target.unnamed(),
        ..Options::default()
    };
    Ok(show(
        &plan(&actual, &wanted, &options),
        arguments.format,
        out,
    )?)
}

/// Writes a plan that is not carried out.
pub(super) fn show(plan: &Plan, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Text if plan.is_empty() => writeln!(out, "nothing to change"),
        Format::Text => write!(out, "{plan}"),
        Format::Json => json(plan, out),
    }
}

pub(super) fn json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_in_the_help_is_a_right_one() {
        let example = FILE.lines().filter_map(|line| line.strip_prefix("  "));
        let example = example.collect::<Vec<_>>().join("\n");
        let reviewed = Configuration::parse("help", &example).expect("it is an example");
        assert_eq!(reviewed.warnings, []);
        assert_eq!(reviewed.configuration.services[0].servers.len(), 1);
    }
}
