//! The report for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::{ConnectionMode, Plan, Report, StopReason, Tally};

#[derive(Serialize)]
struct Document<'a> {
    target: String,
    requests: u64,
    concurrency: u32,
    connections: &'static str,
    elapsed_seconds: f64,
    stopped_early: Option<&'static str>,
    completed: u64,
    failed: u64,
    unfinished: u64,
    errors: BTreeMap<&'static str, u64>,
    connections_attempted: u64,
    connections_opened: u64,
    reconnects: u64,
    left_open: u64,
    bytes_in: u64,
    body_bytes: u64,
    requests_per_second: Option<f64>,
    bytes_per_second: Option<f64>,
    latency_us: Option<Latency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_header: Option<ByHeader<'a>>,
}

/// In microseconds.
#[derive(Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p999: f64,
    max: f64,
}

#[derive(Serialize)]
struct ByHeader<'a> {
    name: &'a str,
    values: BTreeMap<&'a str, Counts>,
    without: Counts,
}

#[derive(Serialize)]
struct Counts {
    requests: u64,
    connections: u64,
}

impl Report {
    /// The report as a JSON object: latencies in microseconds, null where there is no value.
    pub fn json(&self, plan: &Plan) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.document(plan))
    }

    fn document<'a>(&'a self, plan: &'a Plan) -> Document<'a> {
        Document {
            target: plan.url(),
            requests: plan.requests,
            concurrency: plan.concurrency,
            connections: mode(plan.connections),
            elapsed_seconds: self.elapsed.as_secs_f64(),
            stopped_early: self.stopped_early.map(early),
            completed: self.completed,
            failed: self.failed,
            unfinished: self.unfinished,
            errors: self.errors_by_code(),
            connections_attempted: self.connections_attempted,
            connections_opened: self.connections_opened,
            reconnects: self.reconnects,
            left_open: self.left_open,
            bytes_in: self.bytes_in,
            body_bytes: self.body_bytes,
            requests_per_second: self.requests_per_second(),
            bytes_per_second: self.bytes_per_second(),
            latency_us: self.latency_us(),
            by_header: plan
                .by_header
                .as_ref()
                .map(|name| self.by_header_document(name.as_str())),
        }
    }

    fn errors_by_code(&self) -> BTreeMap<&'static str, u64> {
        let mut errors = BTreeMap::new();
        for (class, count) in &self.errors {
            *errors.entry(class.code()).or_default() += count;
        }
        errors
    }

    fn latency_us(&self) -> Option<Latency> {
        let at = |quantile| self.latency_at(quantile).map(microseconds);
        Some(Latency {
            p50: at(0.5)?,
            p90: at(0.9)?,
            p99: at(0.99)?,
            p999: at(0.999)?,
            max: at(1.0)?,
        })
    }

    fn by_header_document<'a>(&'a self, name: &'a str) -> ByHeader<'a> {
        let values = self
            .by_header
            .iter()
            .map(|(value, tally)| (value.as_str(), tally.into()));
        ByHeader {
            name,
            values: values.collect(),
            without: (&self.without_header).into(),
        }
    }
}

impl From<&Tally> for Counts {
    fn from(tally: &Tally) -> Self {
        Self {
            requests: tally.requests,
            connections: tally.connections,
        }
    }
}

fn mode(connections: ConnectionMode) -> &'static str {
    match connections {
        ConnectionMode::PerRequest => "per-request",
        ConnectionMode::KeepAlive => "keep-alive",
        ConnectionMode::Limited(_) => "limited",
    }
}

fn early(reason: StopReason) -> &'static str {
    match reason {
        StopReason::TimeLimit => "time-limit",
        StopReason::GaveUp => "gave-up",
        StopReason::Interrupted => "interrupted",
    }
}

fn microseconds(latency: Duration) -> f64 {
    latency.as_nanos() as f64 / 1e3
}
