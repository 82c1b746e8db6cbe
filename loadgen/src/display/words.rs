//! A snapshot in words.

use std::time::Duration;

use super::Snapshot;

/// More real servers or classes than these are counted together.
const MOST: usize = 8;

/// Lines beside and below the bar.
pub(super) fn block(snapshot: &Snapshot) -> String {
    let mut lines = vec![progress(snapshot)];
    let latencies = [percentiles(snapshot), errors(snapshot)];
    lines.push(
        latencies
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("  "),
    );
    lines.push(shares(snapshot));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// Everything in one line.
pub(super) fn line(snapshot: &Snapshot) -> String {
    let parts = [
        progress(snapshot),
        percentiles(snapshot),
        errors(snapshot),
        shares(snapshot),
    ];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

fn progress(snapshot: &Snapshot) -> String {
    let of = |limit: Option<String>| {
        limit
            .map(|limit| format!(" of {limit}"))
            .unwrap_or_default()
    };
    format!(
        "{:.1}{} s  {}{} requests  {:.0}/s",
        snapshot.elapsed.as_secs_f64(),
        of(snapshot
            .time_limit
            .map(|limit| limit.as_secs_f64().to_string())),
        snapshot.completed,
        of(snapshot.requests.map(|requests| requests.to_string())),
        snapshot.rate
    )
}

fn percentiles(snapshot: &Snapshot) -> String {
    let named =
        |(percentile, value): &(f64, Duration)| format!("p{percentile} {}", latency(*value));
    snapshot
        .percentiles
        .iter()
        .map(named)
        .collect::<Vec<_>>()
        .join("  ")
}

fn errors(snapshot: &Snapshot) -> String {
    let failed = snapshot.failed();
    if failed == 0 {
        return "0 failed".to_owned();
    }
    let classes = snapshot
        .errors
        .iter()
        .map(|(class, count)| format!("{class} {count}"));
    format!("{failed} failed ({})", few(classes.collect(), ", "))
}

fn shares(snapshot: &Snapshot) -> String {
    let all: u64 = snapshot.servers.iter().map(|(_, count)| count).sum();
    let share = |(name, count): &(String, u64)| {
        format!("{name} {:.1} %", *count as f64 * 100.0 / all.max(1) as f64)
    };
    few(snapshot.servers.iter().map(share).collect(), "  ")
}

fn few(mut parts: Vec<String>, between: &str) -> String {
    let more = parts.len().saturating_sub(MOST);
    parts.truncate(MOST);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join(between)
}

/// Three digits in a fitting unit.
fn latency(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        below if below < 0.001 => (seconds * 1e6, "µs"),
        below if below < 1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.decimals$} {unit}")
}
