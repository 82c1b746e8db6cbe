//! What is shown on stderr while the load lasts.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;
use loadgen::Progress;
use loadgen::ab::heartbeat::Heartbeat;
use loadgen::ab::{Color, Options};
use loadgen::display::{Display, Snapshot};

use super::intervals::Intervals;

const REFRESH: Duration = Duration::from_millis(200);
const LINE: Duration = Duration::from_secs(1);

/// A bar on a terminal; elsewhere ab's lines, or a line a second if no number of requests is
/// known.
pub(crate) enum Watch {
    Nothing,
    Heartbeat(Heartbeat),
    Display(Display, Duration),
}

impl Watch {
    pub(crate) fn new(options: &Options) -> Self {
        let quiet = options.output.quiet;
        if !quiet && io::stderr().is_terminal() {
            let coloured = match options.output.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => std::env::var_os("NO_COLOR").is_none(),
            };
            return Self::Display(
                Display::bar(ProgressDrawTarget::stderr(), coloured),
                REFRESH,
            );
        }
        match options.requests {
            Some(requests) => {
                Heartbeat::new(requests, quiet).map_or(Self::Nothing, Self::Heartbeat)
            }
            None if quiet => Self::Nothing,
            None => Self::Display(Display::lines(Box::new(io::stderr())), LINE),
        }
    }

    /// Whether anything is shown, so that the report's first line has to end before it.
    pub(crate) fn has_lines(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether it shows more than counts.
    pub(crate) fn is_display(&self) -> bool {
        matches!(self, Self::Display(..))
    }

    /// Shows the progress until `ended` is closed, and gathers the intervals. What stderr does not
    /// take is left out.
    pub(crate) fn until(
        mut self,
        options: &Options,
        progress: &Progress,
        ended: &Receiver<()>,
    ) -> io::Result<(Self, Intervals)> {
        let mut intervals = Intervals::default();
        let began = Instant::now();
        let pause = match &self {
            Self::Display(_, pause) => *pause,
            _ => REFRESH,
        };
        while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let warm_up = options.warm_up.unwrap_or_default();
            let measured = began.elapsed().saturating_sub(warm_up);
            match &mut self {
                Self::Nothing => {}
                Self::Heartbeat(heartbeat) => say(&heartbeat.lines(progress.completed())),
                Self::Display(display, _) => {
                    let _unshown = display.show(&snapshot(options, progress, measured));
                }
            }
            intervals.gather(progress, measured)?;
        }
        Ok((self, intervals))
    }

    /// The end; `completed` is ab's number of complete requests.
    pub(crate) fn finish(self, completed: u64) {
        match self {
            Self::Nothing => {}
            Self::Heartbeat(mut heartbeat) => {
                say(&heartbeat.lines(completed));
                say(&heartbeat.finished(completed));
            }
            Self::Display(display, _) => display.finish(),
        }
    }
}

fn say(lines: &str) {
    let _unsaid = io::stderr().write_all(lines.as_bytes());
}

fn snapshot(options: &Options, progress: &Progress, elapsed: Duration) -> Snapshot {
    let completed = progress.completed();
    let live = progress.live().unwrap_or_default();
    let errors = live.errors.iter();
    let percentile = |percentile: f64| Some((percentile, live.latency.at(percentile / 100.0)?));
    Snapshot {
        elapsed,
        completed,
        requests: options.requests,
        time_limit: options.time_limit,
        rate: completed as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE),
        percentiles: [50.0, 99.0].into_iter().filter_map(percentile).collect(),
        errors: errors
            .map(|(class, count)| (class.code().to_owned(), *count))
            .collect(),
        servers: live.servers.into_iter().collect(),
    }
}
