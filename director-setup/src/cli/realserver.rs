//! `director-setup realserver`

use std::io::Write;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::builder::ArgPredicate;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::CliFailure;
use crate::network::InterfaceName;
use crate::realserver::state::DEFAULT_PATH;
use crate::realserver::{self, Done, Method, Purpose, Tunnel, Vip, notes};

/// The arguments of `realserver`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Run it on the real server's own host, not on the director. NAT needs none of this: there the real
server needs a route back through the director, and nothing else.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows what is there of what direct routing and tunnelling need.
    Show {
        /// Of these VIPs; otherwise of those that `apply` prepared the host for.
        #[arg(long = "vip", value_name = "ADDRESS", num_args = 1..)]
        vips: Vec<IpAddr>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        common: Common,
    },
    /// Puts VIPs on the host, keeps it silent about them, and remembers what was there before.
    Apply {
        /// The VIPs.
        #[arg(long = "vip", value_name = "ADDRESS", required = true, num_args = 1..)]
        vips: Vec<IpAddr>,
        #[command(flatten)]
        how: How,
        /// Only show what would be done.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Restores what was there before; settings come back with the last VIP that needs them.
    Undo {
        /// For these VIPs only.
        #[arg(long = "vip", value_name = "ADDRESS", num_args = 1..)]
        vips: Vec<IpAddr>,
        /// Only show what would be done.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        common: Common,
    },
}

/// How packets to a VIP arrive.
#[derive(Debug, Args)]
struct How {
    /// The director's forwarding method.
    #[arg(
        long,
        value_enum,
        default_value_t = Mode::Dr,
        default_value_if("tunnel", ArgPredicate::IsPresent, "tun")
    )]
    mode: Mode,
    /// How the director wraps packets; says `--mode tun` as well. IP in IP if nothing is said.
    #[arg(long, value_enum)]
    tunnel: Option<TunnelKind>,
    /// The UDP port to which the director sends, with `--tunnel gue`.
    #[arg(long, value_name = "PORT", required_if_eq("tunnel", "gue"))]
    tunnel_port: Option<NonZeroU16>,
    /// The interface that carries the VIPs: lo, or a dummy.
    #[arg(long, value_name = "NAME", default_value_t = InterfaceName::lo())]
    interface: InterfaceName,
}

#[derive(Debug, Args)]
struct Common {
    /// The file that remembers what was there before.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH)]
    state: PathBuf,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = super::Format::Text)]
    format: super::Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Direct routing.
    Dr,
    /// Tunnelling.
    Tun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TunnelKind {
    /// IP in IP.
    Ipip,
    /// Generic routing encapsulation.
    Gre,
    /// Generic UDP encapsulation.
    Gue,
}

impl How {
    fn method(&self) -> Method {
        match (self.mode, self.tunnel, self.tunnel_port) {
            (Mode::Dr, _, _) => Method::Dr,
            (Mode::Tun, Some(TunnelKind::Gue), Some(port)) => Method::Tun(Tunnel::Gue { port }),
            (Mode::Tun, Some(TunnelKind::Gre), _) => Method::Tun(Tunnel::Gre),
            // clap has made sure that GUE comes with a port.
            (Mode::Tun, _, _) => Method::Tun(Tunnel::Ipip),
        }
    }

    fn vips(&self, addresses: &[IpAddr]) -> Vec<Vip> {
        let vip = |address: &IpAddr| Vip {
            address: *address,
            interface: self.interface.clone(),
            method: self.method(),
        };
        addresses.iter().map(vip).collect()
    }
}

/// Runs the command and writes its result to `out`.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), CliFailure> {
    match &arguments.command {
        Command::Show { vips, how, common } => {
            let inventory = realserver::show(&how.vips(vips), &common.state)?;
            match common.format {
                super::Format::Text => write!(out, "{inventory}")?,
                super::Format::Json => json(&inventory, out)?,
            }
            Ok(())
        }
        Command::Apply {
            vips,
            how,
            dry_run,
            common,
        } => {
            let vips = how.vips(vips);
            let done = realserver::apply(&vips, &common.state, purpose(*dry_run))?;
            report(&done, notes(&vips), common.format, out)
        }
        Command::Undo {
            vips,
            dry_run,
            common,
        } => {
            let some = (!vips.is_empty()).then_some(vips.as_slice());
            let done = realserver::undo(some, &common.state, purpose(*dry_run))?;
            report(&done, Vec::new(), common.format, out)
        }
    }
}

const fn purpose(dry_run: bool) -> Purpose {
    if dry_run {
        Purpose::Show
    } else {
        Purpose::CarryOut
    }
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    done: &'a Done,
    notes: Vec<&'static str>,
}

fn report(
    done: &Done,
    notes: Vec<&'static str>,
    format: super::Format,
    out: &mut impl Write,
) -> Result<(), CliFailure> {
    if let super::Format::Json = format {
        return json(&Report { done, notes }, out);
    }
    if done.steps.is_empty() {
        writeln!(out, "nothing to change")?;
    }
    for step in &done.steps {
        writeln!(out, "{step}")?;
    }
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

fn json(value: &impl Serialize, out: &mut impl Write) -> Result<(), CliFailure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Whole {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parsed(words: &str) -> Result<Arguments, clap::Error> {
        let words = ["realserver"].into_iter().chain(words.split(' '));
        Ok(Whole::try_parse_from(words)?.arguments)
    }

    #[test]
    fn several_vips_become_several_vips_of_one_method() {
        let words = "apply --vip 192.0.2.1 2001:db8::1 --vip 192.0.2.2 --mode tun --tunnel gue \
                     --tunnel-port 6080 --interface dummy0";
        let arguments = parsed(&words.split_whitespace().collect::<Vec<_>>().join(" "));
        let Command::Apply { vips, how, .. } = arguments.unwrap().command else {
            panic!("it is apply")
        };
        let vips = how.vips(&vips);
        assert_eq!(vips.len(), 3);
        assert_eq!(vips[2].method.to_string(), "tun-gue:6080");
        assert_eq!(vips[2].interface.as_str(), "dummy0");
    }

    #[test]
    fn gue_without_a_port_and_a_name_that_is_none_are_refused() {
        assert!(parsed("apply --vip 192.0.2.1 --mode tun --tunnel gue").is_err());
        assert!(parsed("apply --vip 192.0.2.1 --interface ../x").is_err());
        assert!(parsed("apply --mode dr").is_err());
    }

    #[test]
    fn a_tunnel_says_the_mode() {
        let method = |words: &str| {
            let Command::Show { how, .. } = parsed(words).unwrap().command else {
                panic!("it is show")
            };
            how.method().to_string()
        };
        assert_eq!(method("show"), "dr");
        assert_eq!(method("show --mode tun"), "tun-ipip");
        assert_eq!(method("show --tunnel gre"), "tun-gre");
        assert_eq!(
            method("show --tunnel gue --tunnel-port 6080"),
            "tun-gue:6080"
        );
    }
}
