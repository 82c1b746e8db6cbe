//! `HdrHistogram`'s interval log, version 1.3.

use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

use crate::{IntervalLatency, Results};

const LEGEND: &str =
    r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;
/// The column of maxima is in milliseconds.
const MILLISECOND: f64 = 1e6;

/// Writes the intervals in their order, those of a real server with its name as the tag. Times are
/// seconds from the beginning of the load, latencies nanoseconds.
pub fn hlog(out: &mut dyn Write, results: &Results) -> io::Result<()> {
    let started = results
        .started
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let date = Timestamp::try_from(results.started).unwrap_or(Timestamp::UNIX_EPOCH);
    writeln!(out, "#[Histogram log format version 1.3]")?;
    writeln!(
        out,
        "#[StartTime: {:.3} (seconds since epoch), {date}]",
        started.as_secs_f64()
    )?;
    writeln!(out, "{LEGEND}")?;
    results
        .intervals
        .iter()
        .try_for_each(|interval| line(out, interval))
}

fn line(out: &mut dyn Write, interval: &IntervalLatency) -> io::Result<()> {
    if let Some(server) = &interval.server {
        write!(out, "Tag={},", tag(server))?;
    }
    writeln!(
        out,
        "{:.3},{:.3},{:.3},{}",
        interval.start.as_secs_f64(),
        interval.length.as_secs_f64(),
        interval.longest as f64 / MILLISECOND,
        interval.encoded
    )
}

/// A tag has neither commas nor blanks.
fn tag(server: &str) -> String {
    let allowed = |c: char| {
        if c == ',' || c.is_whitespace() || c.is_control() {
            '_'
        } else {
            c
        }
    };
    server.chars().map(allowed).collect()
}
