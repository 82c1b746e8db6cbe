//! Loads of datagrams: `udp://`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use loadgen::ab::Options;
use loadgen::udp::payload::HEADER;
use loadgen::udp::{Plan, Report, Tally, run};
use loadgen::{IntervalLatency, Latency, Progress, Results, Server};

use super::{interrupted, intervals, outcome, plan};

/// From what was typed to the plan.
pub(crate) fn plan(options: &Options) -> Result<Plan> {
    let address = plan::resolve(&options.target.host, options.target.port)?;
    Ok(Plan {
        datagrams: options.requests.unwrap_or(u64::MAX),
        time_limit: options.time_limit,
        flows: options.concurrency,
        pacing: plan::pacing(options.pacing),
        timeout: options.timeout,
        size: HEADER,
        source: plan::source(options, address)?,
        interval: options
            .output
            .files
            .hlog
            .is_some()
            .then_some(intervals::LENGTH),
        seed: options.seed,
        ..Plan::new(vec![address])
    })
}

/// Sends the load from this thread.
pub(crate) fn sent(plan: &Plan, progress: &Progress) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the load")?;
    Ok(runtime.block_on(run(plan, progress, interrupted())))
}

/// What exports and assertions take.
pub(crate) fn results(
    options: &Options,
    report: &Report,
    started: SystemTime,
    intervals: Vec<IntervalLatency>,
) -> Results {
    let size = HEADER as u64;
    Results {
        url: options.target.to_string(),
        started,
        elapsed: report.elapsed,
        completed: report.received,
        failed: report.lost + report.unsent,
        unfinished: 0,
        non_2xx: 0,
        connections: 0,
        bytes_received: report.received * size,
        bytes_sent: report.sent * size,
        datagrams: Some(report.datagrams()),
        offered_rate: outcome::rate(options.pacing),
        errors: outcome::errors(&report.errors),
        latencies: latencies(options, report),
        servers: report
            .by_server
            .iter()
            .map(|(name, tally)| (name.clone(), server(tally)))
            .collect(),
        without_header: 0,
        intervals,
    }
}

fn latencies(options: &Options, report: &Report) -> BTreeMap<Latency, Histogram<u64>> {
    let total = report.latency.histogram().clone();
    let mut latencies = BTreeMap::from([(Latency::Total, total)]);
    if outcome::rate(options.pacing).is_some() {
        latencies.insert(Latency::Lag, report.lag.histogram().clone());
    } else if let Some(expected) = outcome::turn(options, report.received, report.elapsed) {
        latencies.insert(Latency::Corrected, report.latency.corrected(expected));
    }
    latencies
}

fn server(tally: &Tally) -> Server {
    Server {
        requests: tally.received,
        connections: 0,
        failed: 0,
        latency: tally.latency.histogram().clone(),
    }
}
