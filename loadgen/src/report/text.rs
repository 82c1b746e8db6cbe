//! The report for people.

use std::fmt;
use std::time::Duration;

use hyper::header::HeaderName;

use crate::{ConnectionMode, Plan, Report, StopReason};

const QUANTILES: [(&str, f64); 5] = [
    ("50%", 0.5),
    ("90%", 0.9),
    ("99%", 0.99),
    ("99.9%", 0.999),
    ("max", 1.0),
];

/// A report as text, see [`Report::text`].
struct Text<'a> {
    report: &'a Report,
    plan: &'a Plan,
}

impl Report {
    /// The report in the spirit of ab's: several lines.
    pub fn text<'a>(&'a self, plan: &'a Plan) -> impl fmt::Display + 'a {
        Text { report: self, plan }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, plan } = self;
        row(f, "Target:", plan.url())?;
        row(f, "Concurrency level:", plan.concurrency)?;
        row(f, "Connections:", mode(plan.connections))?;
        row(
            f,
            "Time taken:",
            format_args!("{:.3} s", report.elapsed.as_secs_f64()),
        )?;
        if let Some(reason) = report.stopped_early {
            row(f, "Stopped early:", early(reason))?;
        }
        report.write_requests(f)?;
        report.write_rates(f)?;
        report.write_latency(f, plan.connections)?;
        match &plan.by_header {
            Some(name) if report.servers().next().is_some() => report.write_servers(f, name),
            _ => Ok(()),
        }
    }
}

impl Report {
    fn write_requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "Completed requests:", self.completed)?;
        row(f, "Failed requests:", self.failed)?;
        for (class, count) in &self.errors {
            writeln!(f, "   {class}: {count}")?;
        }
        if self.unfinished > 0 {
            row(f, "Unfinished requests:", self.unfinished)?;
        }
        row(f, "Connections opened:", self.connections_opened)?;
        if self.reconnects > 0 {
            row(f, "Reconnects:", self.reconnects)?;
        }
        if self.left_open > 0 {
            row(f, "Left open by server:", self.left_open)?;
        }
        row(f, "Bytes received:", self.bytes_in)?;
        row(f, "Bytes of bodies:", self.body_bytes)
    }

    fn write_rates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rate) = self.requests_per_second() {
            row(f, "Requests per second:", format_args!("{rate:.2}"))?;
        }
        if let Some(rate) = self.bytes_per_second() {
            row(
                f,
                "Transfer rate:",
                format_args!("{:.2} KiB/s", rate / 1024.0),
            )?;
        }
        Ok(())
    }

    fn write_latency(&self, f: &mut fmt::Formatter<'_>, mode: ConnectionMode) -> fmt::Result {
        if self.completed == 0 {
            return Ok(());
        }
        let n = self.completed;
        writeln!(
            f,
            "\nLatency of {n} completed requests (ms), {}",
            span(mode)
        )?;
        for (label, quantile) in QUANTILES {
            let latency = self.latency_at(quantile).unwrap_or_default();
            writeln!(f, "  {label:>6} {:>11.3}", milliseconds(latency))?;
        }
        Ok(())
    }

    fn write_servers(&self, f: &mut fmt::Formatter<'_>, name: &HeaderName) -> fmt::Result {
        writeln!(
            f,
            "\n{:<24} {:>10} {:>11} {:>7}",
            name, "responses", "connections", "share"
        )?;
        let all: u64 = self.servers().map(|(_, tally)| tally.requests).sum();
        for (value, tally) in self.servers() {
            let share = 100.0 * tally.requests as f64 / all as f64;
            let (requests, connections) = (tally.requests, tally.connections);
            writeln!(
                f,
                "{value:<24} {requests:>10} {connections:>11} {share:>6.2}%"
            )?;
        }
        Ok(())
    }

    fn servers(&self) -> impl Iterator<Item = (&str, &crate::Tally)> {
        let named = self
            .by_header
            .iter()
            .map(|(value, tally)| (value.as_str(), tally));
        let without = Some(("(none)", &self.without_header));
        named.chain(without.filter(|(_, tally)| tally.requests > 0))
    }
}

fn row(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "{label:<23} {value}")
}

fn mode(connections: ConnectionMode) -> &'static str {
    match connections {
        ConnectionMode::PerRequest => "one per request",
        ConnectionMode::KeepAlive => "kept alive",
        ConnectionMode::Limited(_) => "a limited number of requests each",
    }
}

/// What a latency spans, see [`Report::latency`].
fn span(connections: ConnectionMode) -> &'static str {
    match connections {
        ConnectionMode::PerRequest => "from connect to the end of the body",
        ConnectionMode::KeepAlive | ConnectionMode::Limited(_) => {
            "from send (or connect) to the end of the body"
        }
    }
}

fn early(reason: StopReason) -> &'static str {
    match reason {
        StopReason::TimeLimit => "the time limit was reached",
        StopReason::GaveUp => "too many requests failed",
        StopReason::Interrupted => "interrupted",
    }
}

fn milliseconds(latency: Duration) -> f64 {
    latency.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorClass, Url};

    fn plan() -> Plan {
        let url = Url::parse("http://192.168.0.1/index.html").unwrap();
        Plan {
            concurrency: 2,
            by_header: Some("x-real-server".parse().unwrap()),
            ..url.plan("192.168.0.1:80".parse().unwrap())
        }
    }

    fn report() -> Report {
        let mut report = Report {
            elapsed: Duration::from_secs(2),
            completed: 4,
            body_bytes: 16,
            connections_opened: 4,
            bytes_in: 4096,
            ..Report::default()
        };
        for milliseconds in 1..=4 {
            report.latency.record(Duration::from_millis(milliseconds));
        }
        report.count_failed(ErrorClass::ConnectRefused);
        for (server, count) in [("rs1", 3), ("rs2", 1)] {
            let tally = report.tally_of(Some(server.as_bytes()));
            tally.requests = count;
            tally.connections = count;
        }
        report
    }

    #[test]
    fn the_report_shows_counts_rates_latencies_and_servers() {
        insta::assert_snapshot!(report().text(&plan()).to_string(), @r"
        Target:                 http://192.168.0.1/index.html
        Concurrency level:      2
        Connections:            one per request
        Time taken:             2.000 s
        Completed requests:     4
        Failed requests:        1
           connect refused: 1
        Connections opened:     4
        Bytes received:         4096
        Bytes of bodies:        16
        Requests per second:    2.00
        Transfer rate:          2.00 KiB/s

        Latency of 4 completed requests (ms), from connect to the end of the body
             50%       2.001
             90%       4.002
             99%       4.002
           99.9%       4.002
             max       4.002

        x-real-server             responses connections   share
        rs1                               3           3  75.00%
        rs2                               1           1  25.00%
        ");
    }

    #[test]
    fn a_load_without_responses_shows_no_latencies() {
        let report = Report {
            stopped_early: Some(StopReason::GaveUp),
            ..Report::default()
        };
        insta::assert_snapshot!(report.text(&plan()).to_string(), @r"
        Target:                 http://192.168.0.1/index.html
        Concurrency level:      2
        Connections:            one per request
        Time taken:             0.000 s
        Stopped early:          too many requests failed
        Completed requests:     0
        Failed requests:        0
        Connections opened:     0
        Bytes received:         0
        Bytes of bodies:        0
        ");
    }
}
