//! ab's `-g`.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One complete request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it started.
    pub start: SystemTime,
    /// Until the connection was established; 0 on a reused one.
    pub connect: Duration,
    /// From the end of the request to the first byte of the response.
    pub waiting: Duration,
    /// From the start to the end of the response.
    pub total: Duration,
}

/// Writes a line for each request, in whole milliseconds and with the start in local time. Sorts
/// them by their total times, as ab does. Nothing is written if there are none.
pub fn requests(out: &mut dyn Write, samples: &mut [Sample], zone: &TimeZone) -> io::Result<()> {
    if samples.is_empty() {
        return Ok(());
    }
    samples.sort_by_key(|sample| sample.total);
    writeln!(out, "starttime\tseconds\tctime\tdtime\tttime\twait")?;
    for sample in &*samples {
        let start = sample
            .start
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let [connect, processing, total, waiting] = [
            sample.connect,
            sample.total.saturating_sub(sample.connect),
            sample.total,
            sample.waiting,
        ]
        .map(milliseconds);
        writeln!(
            out,
            "{}\t{start}\t{connect}\t{processing}\t{total}\t{waiting}",
            ctime(start, zone)
        )?;
    }
    Ok(())
}

/// `Sun Nov 22 11:51:42 2026`.
fn ctime(seconds: u64, zone: &TimeZone) -> String {
    let timestamp = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let local = zone.to_datetime(timestamp.unwrap_or(Timestamp::MAX));
    local.strftime("%a %b %d %H:%M:%S %Y").to_string()
}

/// Half up, from whole microseconds.
fn milliseconds(time: Duration) -> u128 {
    (time.as_micros() + 500) / 1000
}
