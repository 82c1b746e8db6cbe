//! ab's report, line for line.
//!
//! A report is four pieces: [`banner`] before the load, [`ENDING`], [`results`] and [`beyond`] after
//! it.
//! Between them, lines of progress go to stderr ([`heartbeat`](super::heartbeat)).

mod beyond;
mod html;
mod text;

use std::time::Duration;

use super::{Figures, Layout, Ordered, Proxy};
use crate::Url;

pub use beyond::beyond;
pub(crate) use beyond::{failures, not_held, servers};

/// The percentages of ab's table; the last is the longest.
const PERCENTAGES: [u64; 9] = [50, 66, 75, 80, 90, 95, 98, 99, 100];

/// As many lines as ab has before its first blank one.
const BANNER: [&str; 3] = [
    concat!(
        "This is loadgen, Version ",
        env!("CARGO_PKG_VERSION"),
        ", reporting as ApacheBench, Version 2.3, does"
    ),
    "What it does otherwise than ab, and beyond it: loadgen --help",
    "It exits with 1 if a request failed, which ab does not",
];

/// What is printed before the load. `progress` is whether lines of progress will follow.
pub fn banner(target: &Url, proxy: Option<&Proxy>, layout: &Layout, progress: bool) -> String {
    if layout.html.is_some() {
        return html::banner(&BANNER);
    }
    let through = proxy.map(|proxy| format!("[through {}:{}] ", proxy.host, proxy.port));
    let end = if progress { "\n" } else { "..." };
    format!(
        "{}\n\nBenchmarking {} {}(be patient){end}",
        BANNER.join("\n"),
        target.host,
        through.unwrap_or_default()
    )
}

/// What ends the line of [`banner`] when there were no lines of progress.
pub const ENDING: &str = "..done\n";

/// The results. `latencies` are the total times of the complete requests, for the table of
/// percentiles.
pub fn results(figures: &Figures, latencies: &dyn Ordered, layout: &Layout) -> String {
    match &layout.html {
        Some(attributes) => html::results(figures, layout, attributes),
        None => text::results(figures, latencies, layout),
    }
}

/// The rates of a load that took some time.
struct Rates {
    requests: f64,
    received: f64,
    sent: Option<(f64, f64)>,
}

impl Rates {
    /// Nothing if no time went by, to the microsecond.
    fn of(figures: &Figures) -> Option<Self> {
        let seconds = seconds(figures.elapsed);
        if seconds <= 0.0 {
            return None;
        }
        let kibibytes = |bytes: u64| bytes as f64 / 1024.0 / seconds;
        Some(Self {
            requests: figures.complete as f64 / seconds,
            received: kibibytes(figures.received),
            sent: figures
                .sent
                .map(|sent| (kibibytes(sent), kibibytes(sent + figures.received))),
        })
    }
}

/// ab counts whole microseconds.
fn seconds(elapsed: Duration) -> f64 {
    elapsed.as_micros() as f64 / 1e6
}

/// Half up.
fn milliseconds(microseconds: u64) -> u64 {
    microseconds.saturating_add(500) / 1000
}
