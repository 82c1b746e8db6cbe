//! What is shown on stderr while the load lasts.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;
use loadgen::Progress;
use loadgen::ab::heartbeat::Heartbeat;
use loadgen::ab::{Color, Options};
use loadgen::display::{Display, Snapshot};

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

    pub(crate) fn has_lines(&self) -> bool {
        matches!(self, Self::Heartbeat(_))
    }

    /// Shows the progress until `ended` is closed. What stderr does not take is left out.
    pub(crate) fn until(
        mut self,
        options: &Options,
        progress: &Progress,
        ended: &Receiver<()>,
    ) -> Self {
        let began = Instant::now();
        let pause = match &self {
            Self::Display(_, pause) => *pause,
            _ => REFRESH,
        };
        while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            match &mut self {
                Self::Nothing => {}
                Self::Heartbeat(heartbeat) => say(&heartbeat.lines(progress.completed())),
                Self::Display(display, _) => {
                    let _unshown = display.show(&snapshot(options, progress, began.elapsed()));
                }
            }
        }
        self
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
    let failed = progress.failed();
    let errors = (failed > 0).then(|| ("failed".to_owned(), failed));
    Snapshot {
        elapsed,
        completed,
        requests: options.requests,
        time_limit: options.time_limit,
        rate: completed as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE),
        percentiles: Vec::new(),
        errors: errors.into_iter().collect(),
        servers: Vec::new(),
    }
}
