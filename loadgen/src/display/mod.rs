//! What a load has come to so far, shown while it lasts: a bar on a terminal, lines elsewhere.
//!
//! [`Heartbeat`](crate::ab::heartbeat::Heartbeat) has ab's lines instead.

mod words;

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long the bar is, in parts.
const PARTS: u64 = 1000;
const COLOURED: &str = "{bar:32.cyan/dim} {msg}";
const PLAIN: &str = "{bar:32} {msg}";

/// What a load has come to at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// From the beginning of the load.
    pub elapsed: Duration,
    /// Requests completed.
    pub completed: u64,
    /// Requests to send in all, if their number is limited.
    pub requests: Option<u64>,
    /// How long requests are started, if that is limited.
    pub time_limit: Option<Duration>,
    /// Requests completed per second, since the last snapshot or in all.
    pub rate: f64,
    /// Percentiles of the latencies, such as 50 and 99, in their order.
    pub percentiles: Vec<(f64, Duration)>,
    /// Failed requests by class, without those that did not occur.
    pub errors: Vec<(String, u64)>,
    /// Complete responses by real server.
    pub servers: Vec<(String, u64)>,
}

impl Snapshot {
    /// Failed requests.
    pub fn failed(&self) -> u64 {
        self.errors.iter().map(|(_, count)| count).sum()
    }

    /// How much of the load is done, from 0 to 1: of its requests or of its time, whichever is
    /// nearer to its end. Nothing if neither is limited.
    pub fn done(&self) -> Option<f64> {
        let ended = self.completed + self.failed();
        let requests = self.requests.filter(|requests| *requests > 0);
        let of_requests = requests.map(|requests| ended as f64 / requests as f64);
        let limit = self.time_limit.filter(|limit| !limit.is_zero());
        let of_time = limit.map(|limit| self.elapsed.as_secs_f64() / limit.as_secs_f64());
        let furthest = of_requests.into_iter().chain(of_time).reduce(f64::max);
        furthest.map(|part| part.min(1.0))
    }
}

/// Where snapshots are shown.
pub struct Display {
    way: Way,
}

enum Way {
    Bar(ProgressBar),
    Lines(Box<dyn Write + Send>),
}

impl Display {
    /// A bar that is drawn anew for each snapshot.
    pub fn bar(target: ProgressDrawTarget, coloured: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(PARTS), target);
        let template = if coloured { COLOURED } else { PLAIN };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("━╸─"));
        Self { way: Way::Bar(bar) }
    }

    /// A line for each snapshot.
    pub fn lines(out: Box<dyn Write + Send>) -> Self {
        Self {
            way: Way::Lines(out),
        }
    }

    /// Shows a snapshot in place of the one before, or below it.
    pub fn show(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        match &mut self.way {
            Way::Bar(bar) => {
                bar.set_position(parts(snapshot.done().unwrap_or(0.0)));
                bar.set_message(words::block(snapshot));
                Ok(())
            }
            Way::Lines(out) => {
                writeln!(out, "{}", words::line(snapshot))?;
                out.flush()
            }
        }
    }

    /// Takes the bar away; lines stay.
    pub fn finish(self) {
        if let Way::Bar(bar) = self.way {
            bar.finish_and_clear();
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`done` is from 0 to 1"
)]
fn parts(done: f64) -> u64 {
    (done * PARTS as f64) as u64
}

#[cfg(test)]
mod tests;
