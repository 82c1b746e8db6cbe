//! What ab does not say, after its report. No line begins with one of ab's labels, so that a
//! script that looks for these finds ab's.

use std::fmt::{self, Write};

use hdrhistogram::Histogram;

use super::super::Layout;
use crate::export::percentiles;
use crate::{ErrorClass, Latency, Results};

/// Percentiles of the tables of latencies.
const SHOWN: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];
/// A load whose requests begin later than this after they are due, and at less than this part of
/// the rate, has not held the rate.
const LATE_NANOSECONDS: u64 = 10_000_000;
const HELD: f64 = 0.95;

/// What ab does not say: in an open loop the rate and what came of it, in a closed one the
/// correction for coordinated omission, then failures by class with advice, and the values of the
/// counted `header`. Empty if there is nothing to say, and without failures, header and
/// percentiles.
pub fn beyond(results: &Results, header: Option<&str>, layout: &Layout) -> String {
    let text = all(results, header, layout);
    match &layout.html {
        Some(_) if !text.is_empty() => format!("<pre>{}</pre>\n", super::html::escaped(&text)),
        _ => text,
    }
}

fn all(results: &Results, header: Option<&str>, layout: &Layout) -> String {
    let mut text = String::new();
    let written = loops(&mut text, results, layout)
        .and_then(|()| failures(&mut text, results))
        .and_then(|()| match header {
            Some(header) => servers(&mut text, results, &format!("by {header}")),
            None => Ok(()),
        });
    written.expect("a string takes all that is written");
    text
}

/// The table of the counted values, or of the servers that echoed; `title` heads their names.
pub(crate) fn servers(out: &mut String, results: &Results, title: &str) -> fmt::Result {
    let names = results.servers.keys().map(|name| name.chars().count());
    let width = names
        .chain([title.chars().count(), 16])
        .max()
        .unwrap_or_default();
    let of_requests = results.datagrams.is_none();
    let (what, more) = if of_requests {
        ("requests", "  connections  failed")
    } else {
        ("  echoes", "")
    };
    writeln!(
        out,
        "\n{title:<width$} {what}   share{more}   p50 [ms]   p99 [ms]"
    )?;
    for (name, server) in &results.servers {
        let share = results.share(name).unwrap_or_default() * 100.0;
        let shown = |c: char| if c.is_control() { '?' } else { c };
        let name: String = name.chars().map(shown).collect();
        write!(out, "{name:<width$} {:>8} {share:>6.2}%", server.requests)?;
        if of_requests {
            write!(out, " {:>12} {:>7}", server.connections, server.failed)?;
        }
        let [half, most] = [50.0, 99.0].map(|percentile| value(&server.latency, percentile));
        writeln!(out, " {half:>10} {most:>10}")?;
    }
    if results.without_header > 0 {
        let unnamed = results.without_header;
        writeln!(out, "{:<width$} {unnamed:>8}       -", "(without it)")?;
    }
    Ok(())
}

fn value(histogram: &Histogram<u64>, percentile: f64) -> String {
    if histogram.is_empty() {
        return "-".to_owned();
    }
    milliseconds(histogram.value_at_percentile(percentile))
}

fn milliseconds(nanoseconds: u64) -> String {
    format!("{:.3}", nanoseconds as f64 / 1e6)
}

fn loops(out: &mut String, results: &Results, layout: &Layout) -> fmt::Result {
    if let Some(offered) = results.offered_rate {
        rate(out, results, offered)?;
        let kinds = [
            ("since it was due", Latency::Total),
            ("since it was sent", Latency::Service),
            ("schedule lag", Latency::Lag),
        ];
        return latencies(out, results, layout, &kinds);
    }
    let corrected = results.latencies.get(&Latency::Corrected);
    if corrected.is_none_or(|all| all.len() < 2) || !layout.percentiles {
        return Ok(());
    }
    writeln!(
        out,
        "\nCoordinated omission: with the requests that slow ones kept from being sent"
    )?;
    let kinds = [("raw", Latency::Total), ("corrected", Latency::Corrected)];
    latencies(out, results, layout, &kinds)
}

fn rate(out: &mut String, results: &Results, offered: f64) -> fmt::Result {
    let ended = (results.completed + results.failed + results.unfinished) as f64;
    let seconds = results.elapsed.as_secs_f64();
    let reached = if seconds > 0.0 { ended / seconds } else { 0.0 };
    writeln!(
        out,
        "\nOpen loop: offered {offered:.1}/s, reached {reached:.1}/s"
    )?;
    let lag = results.latencies.get(&Latency::Lag);
    let why =
        "every worker was busy when\nrequests were due. Raise -c or --threads, or lower --rate";
    not_held(out, [offered, reached], lag, why)
}

/// Says so if the rate was not held.
pub(crate) fn not_held(
    out: &mut String,
    [offered, reached]: [f64; 2],
    lag: Option<&Histogram<u64>>,
    why: &str,
) -> fmt::Result {
    let is_late = lag.is_some_and(|lag| lag.max() > LATE_NANOSECONDS);
    if is_late && reached < offered * HELD {
        writeln!(
            out,
            "The rate was not held: offered {offered:.0}/s, reached {reached:.0}/s: {why}"
        )?;
    }
    Ok(())
}

/// A line for each kind, with those percentiles of which there are enough samples.
fn latencies(
    out: &mut String,
    results: &Results,
    layout: &Layout,
    kinds: &[(&str, Latency)],
) -> fmt::Result {
    let total = results.latencies.get(&Latency::Total);
    let Some(total) = total.filter(|total| layout.percentiles && !total.is_empty()) else {
        return Ok(());
    };
    let enough: Vec<f64> = percentiles(total)
        .map(|(percentile, _)| percentile)
        .filter(|percentile| SHOWN.contains(percentile))
        .collect();
    write!(out, "  {:<18}", "[ms]")?;
    for percentile in &enough {
        write!(out, " {:>10}", format!("p{percentile}"))?;
    }
    writeln!(out, " {:>10}", "max")?;
    for (name, kind) in kinds {
        let Some(histogram) = results.latencies.get(kind) else {
            continue;
        };
        write!(out, "  {name:<18}")?;
        for percentile in &enough {
            write!(out, " {:>10}", value(histogram, *percentile))?;
        }
        writeln!(out, " {:>10}", milliseconds(histogram.max()))?;
    }
    Ok(())
}

/// Failures by class, and what can be done about those that are the client's own.
pub(crate) fn failures(out: &mut String, results: &Results) -> fmt::Result {
    let occurred: Vec<_> = results.errors.iter().filter(|(_, n)| **n > 0).collect();
    if occurred.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFailures by class")?;
    for (code, count) in occurred {
        let class = ErrorClass::ALL
            .into_iter()
            .find(|class| class.code() == code);
        let words = class.map_or_else(String::new, |class| class.to_string());
        writeln!(out, "  {code:<22} {count:>8}  {words}")?;
        if let Some(advice) = class.and_then(advice) {
            writeln!(out, "    {advice}")?;
        }
    }
    Ok(())
}

/// The options that follow the class's advice.
fn advice(class: ErrorClass) -> Option<String> {
    let options = match class {
        ErrorClass::AddressNotAvailable => {
            "--source, --source-ports, --close rst; sysctl net.ipv4.ip_local_port_range"
        }
        ErrorClass::TooManyFiles => "-c",
        _ => return None,
    };
    class.advice().map(|advice| format!("{advice} ({options})"))
}
