//! The report of a load of datagrams, as text in the manner of ab's.

use std::fmt::{self, Write};
use std::time::Duration;

use super::{Plan, Report};
use crate::ab::Layout;
use crate::ab::report::{failures, not_held, servers};
use crate::{Latency, Results};

/// The percentiles shown.
const PERCENTAGES: [f64; 6] = [50.0, 90.0, 95.0, 99.0, 99.9, 100.0];

/// The report. `results` are the same as exports take.
pub fn text(plan: &Plan, report: &Report, results: &Results, layout: &Layout) -> String {
    format!("\n\n{}", all(plan, report, results, layout))
}

fn all(plan: &Plan, report: &Report, results: &Results, layout: &Layout) -> String {
    let mut text = String::new();
    let written = counts(&mut text, plan, report, results)
        .and_then(|()| latencies(&mut text, report, layout))
        .and_then(|()| failures(&mut text, results))
        .and_then(|()| servers(&mut text, results, "by real server"));
    written.expect("a string takes all that is written");
    text
}

fn counts(out: &mut String, plan: &Plan, report: &Report, results: &Results) -> fmt::Result {
    let share = |count: u64| count as f64 * 100.0 / report.sent.max(1) as f64;
    writeln!(out, "Target:                 {}", results.url)?;
    writeln!(out, "Datagram size:          {} bytes", plan.size)?;
    writeln!(out, "Flows:                  {}", plan.flows)?;
    let seconds = report.elapsed.as_secs_f64();
    writeln!(out, "Time taken for tests:   {seconds:.3} seconds\n")?;
    for (label, count) in [("sent", report.sent), ("received", report.received)] {
        writeln!(out, "{:<23} {count}", format!("Datagrams {label}:"))?;
    }
    writeln!(
        out,
        "Lost:                   {} ({:.3}%)",
        report.lost,
        share(report.lost)
    )?;
    writeln!(out, "Duplicates:             {}", report.duplicated)?;
    writeln!(out, "Reordered:              {}", report.reordered)?;
    writeln!(out, "Late echoes:            {}", report.late)?;
    writeln!(out, "No echoes:              {}", report.stray)?;
    rate(out, report, results)
}

/// The rate of sending; the wait for the last echoes is no part of it.
fn rate(out: &mut String, report: &Report, results: &Results) -> fmt::Result {
    if let Some(offered) = results.offered_rate {
        writeln!(out, "Offered per second:     {offered:.2}")?;
    }
    let Some(gaps) = report.sent.checked_sub(1).filter(|gaps| *gaps > 0) else {
        return Ok(());
    };
    let reached = gaps as f64 / report.sending.as_secs_f64();
    writeln!(out, "Sent per second:        {reached:.2}")?;
    let why =
        "this thread was\nbusy when datagrams were due. Lower --rate, or start several processes";
    match results.offered_rate {
        Some(offered) => not_held(
            out,
            [offered, reached],
            results.latencies.get(&Latency::Lag),
            why,
        ),
        None => Ok(()),
    }
}

fn latencies(out: &mut String, report: &Report, layout: &Layout) -> fmt::Result {
    if report.latency.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nLatency (ms)")?;
    let shown = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1000.0;
    writeln!(out, "  min     {:>10.3}", shown(report.latency.min()))?;
    if layout.confidence {
        let mean = report.latency.mean().unwrap_or_default() / 1e6;
        let deviation = report.latency.standard_deviation().unwrap_or_default() / 1e6;
        writeln!(out, "  mean    {mean:>10.3}\n  sd      {deviation:>10.3}")?;
    }
    for percentage in PERCENTAGES.into_iter().filter(|_| layout.percentiles) {
        let value = shown(report.latency.at(percentage / 100.0));
        writeln!(out, "  {:<7} {value:>10.3}", format!("p{percentage}"))?;
    }
    if !report.lag.is_empty() {
        let lag = shown(report.lag.at(0.99));
        writeln!(out, "  p99 of the schedule's lag {lag:.3}")?;
    }
    Ok(())
}
