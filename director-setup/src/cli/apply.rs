//! `director-setup apply`.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::plan::{Target, json, show};
use super::{CliFailure, Format};
use crate::Client;
use crate::configuration;
use crate::plan::{Drain, Draining, Observer, Options, Plan, Removal, Step, plan};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Give real servers weight 0 before they are deleted, and wait until their connections are
    /// gone, or for so many seconds.
    ///
    /// Everything else is done before. Ctrl-C during the wait leaves these servers with weight 0:
    /// the same command again goes on with the wait. Clients that persistence binds to a server
    /// still get there, unless the sysctl `net.ipv4.vs.expire_quiescent_template` is 1. The
    /// schedulers sh and mh without their fallback flag, and dh, refuse the new clients of a server
    /// with weight 0.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "prune")]
    drain: Option<Duration>,
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// How the steps are written; as JSON they are a list of changes, each done or not.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A year is longer than any wait, and short enough for every clock.
const SECONDS_MAX: f64 = 366.0 * 86400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| (0.0..=SECONDS_MAX).contains(number))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "write a number of seconds, such as 30".to_owned())
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), CliFailure> {
    let wanted = arguments.target.read()?;
    let mut client = Client::connect()?;
    let options = Options {
        unnamed: arguments.target.unnamed(),
        removal: arguments.drain.map_or(Removal::AtOnce, |deadline| {
            Removal::Drained(Drain::within(deadline))
        }),
    };
    let plan = plan(&configuration::read(&mut client)?, &wanted, &options);
    if arguments.dry_run || plan.is_empty() {
        return Ok(show(&plan, arguments.format, out)?);
    }
    let mut report = Report::new(arguments.format, out);
    let stopped = plan.carry_out(&mut client, &mut report);
    let written = report.close(&plan);
    // What the kernel refused is more important than a pipe that was closed meanwhile.
    stopped?;
    Ok(written?)
}

/// Writes the steps while they are taken, and how a wait goes.
struct Report<'a, W> {
    format: Format,
    out: &'a mut W,
    /// A reader who went away does not keep the plan from its end.
    written: io::Result<()>,
    done: usize,
    wait: WaitLine,
}

/// A step in the JSON of a plan that was carried out.
#[derive(Serialize)]
struct TakenStep<'a> {
    #[serde(flatten)]
    step: &'a Step,
    done: bool,
}

impl<'a, W: Write> Report<'a, W> {
    fn new(format: Format, out: &'a mut W) -> Self {
        Self {
            format,
            out,
            written: Ok(()),
            done: 0,
            wait: WaitLine::NotYet,
        }
    }

    fn close(mut self, plan: &Plan) -> io::Result<()> {
        if let (Format::Json, Ok(())) = (self.format, &self.written) {
            let steps = plan.steps().iter().enumerate().map(|(place, step)| {
                let done = place < self.done;
                TakenStep { step, done }
            });
            self.written = json(&steps.collect::<Vec<_>>(), self.out);
        }
        self.written
    }
}

impl<W: Write> Observer for Report<'_, W> {
    fn done(&mut self, step: &Step) {
        self.done += 1;
        if let (Format::Text, Ok(())) = (self.format, &self.written) {
            self.written = writeln!(self.out, "{step}").and_then(|()| self.out.flush());
        }
    }

    fn draining(&mut self, progress: &Draining) {
        self.wait.draining(progress);
    }

    fn drained(&mut self, progress: &Draining) {
        self.wait.drained(progress);
    }
}

/// The wait on standard error: one line at its begin, and on a terminal one that moves.
enum WaitLine {
    NotYet,
    Plain,
    Moving,
}

impl WaitLine {
    fn draining(&mut self, progress: &Draining) {
        if let Self::NotYet = self {
            eprintln!(
                "waiting at most {} s for connections to end: {}; \
                 Ctrl-C leaves these servers with weight 0",
                progress.deadline.as_secs_f64(),
                open(progress)
            );
            *self = if io::stderr().is_terminal() {
                Self::Moving
            } else {
                Self::Plain
            };
        }
        if let Self::Moving = self {
            // Erases the rest of a longer line before.
            eprint!(
                "\r{:.0} s: {}\x1b[K",
                progress.elapsed.as_secs_f64(),
                open(progress)
            );
        }
    }

    fn drained(&mut self, progress: &Draining) {
        if let Self::Moving = self {
            eprint!("\r\x1b[K");
        }
        if progress.busy > 0 {
            eprintln!(
                "warning: after {:.0} s still {}; from now on their packets are dropped, or they \
                 are reset if the sysctl net.ipv4.vs.expire_nodest_conn is 1",
                progress.elapsed.as_secs_f64(),
                open(progress)
            );
        }
    }
}

fn open(progress: &Draining) -> String {
    let Draining {
        connections,
        busy,
        servers,
        ..
    } = progress;
    format!("{connections} open, at {busy} of {servers} real servers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_number_of_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "-1", "nan", "inf", "1e300", "30s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
