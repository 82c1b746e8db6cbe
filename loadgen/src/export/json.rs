//! The results for programs.

use std::collections::BTreeMap;
use std::io;
use std::time::UNIX_EPOCH;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{encoded, microseconds, percentiles};
use crate::gate::Verdict;
use crate::{Results, Server};

/// The version of the document: it grows when a field changes its meaning or goes away.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    url: &'a str,
    started_unix_seconds: f64,
    elapsed_seconds: f64,
    completed: u64,
    failed: u64,
    unfinished: u64,
    non_2xx: u64,
    connections: u64,
    bytes_received: u64,
    bytes_sent: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    datagrams: Option<crate::Datagrams>,
    offered_requests_per_second: Option<f64>,
    requests_per_second: Option<f64>,
    bytes_per_second: Option<f64>,
    errors: &'a BTreeMap<String, u64>,
    latencies: BTreeMap<&'static str, Latencies>,
    servers: BTreeMap<&'a str, ServerDocument>,
    without_header: u64,
    assertions: Vec<Judged>,
}

/// In microseconds. Nothing where no request was completed.
#[derive(Serialize)]
struct Latencies {
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'static str>,
    count: u64,
    min_us: Option<f64>,
    mean_us: Option<f64>,
    sd_us: Option<f64>,
    max_us: Option<f64>,
    percentiles_us: BTreeMap<String, f64>,
    /// Of nanoseconds.
    histogram_v2_base64: String,
}

#[derive(Serialize)]
struct ServerDocument {
    requests: u64,
    connections: u64,
    failed: u64,
    share: Option<f64>,
    latency: Latencies,
}

#[derive(Serialize)]
struct Judged {
    assertion: String,
    measured: Option<f64>,
    holds: bool,
}

/// The results as one JSON object with a line end: latencies in microseconds, null where there is
/// no value, and every histogram whole, so that those of several runs can be merged.
pub fn json(results: &Results, verdicts: &[Verdict]) -> io::Result<String> {
    let started = results
        .started
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let latency = |(kind, histogram): (&crate::Latency, _)| {
        Ok((kind.name(), latencies(histogram, Some(kind.definition()))?))
    };
    let document = Document {
        version: VERSION,
        url: &results.url,
        started_unix_seconds: started.as_secs_f64(),
        elapsed_seconds: results.elapsed.as_secs_f64(),
        completed: results.completed,
        failed: results.failed,
        unfinished: results.unfinished,
        non_2xx: results.non_2xx,
        connections: results.connections,
        bytes_received: results.bytes_received,
        bytes_sent: results.bytes_sent,
        datagrams: results.datagrams,
        offered_requests_per_second: results.offered_rate,
        requests_per_second: results.requests_per_second(),
        bytes_per_second: results.bytes_per_second(),
        errors: &results.errors,
        latencies: results
            .latencies
            .iter()
            .map(latency)
            .collect::<io::Result<_>>()?,
        servers: results
            .servers
            .iter()
            .map(|(name, one)| Ok((name.as_str(), server(results.share(name), one)?)))
            .collect::<io::Result<_>>()?,
        without_header: results.without_header,
        assertions: verdicts.iter().map(judged).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn server(share: Option<f64>, server: &Server) -> io::Result<ServerDocument> {
    Ok(ServerDocument {
        requests: server.requests,
        connections: server.connections,
        failed: server.failed,
        share,
        latency: latencies(&server.latency, None)?,
    })
}

fn latencies(
    histogram: &Histogram<u64>,
    definition: Option<&'static str>,
) -> io::Result<Latencies> {
    let any = |value: f64| (!histogram.is_empty()).then_some(value);
    let named = |(percentile, value): (f64, u64)| (format!("p{percentile}"), microseconds(value));
    Ok(Latencies {
        definition,
        count: histogram.len(),
        min_us: any(microseconds(histogram.min())),
        mean_us: any(histogram.mean() / 1000.0),
        sd_us: any(histogram.stdev() / 1000.0),
        max_us: any(microseconds(histogram.max())),
        percentiles_us: percentiles(histogram).map(named).collect(),
        histogram_v2_base64: encoded(histogram)?,
    })
}

fn judged(verdict: &Verdict) -> Judged {
    Judged {
        assertion: verdict.assertion.to_string(),
        measured: verdict.measured,
        holds: verdict.holds,
    }
}
