//! The command against a server that is stopped meanwhile.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use serde_json::Value;

use crate::server::{Glance, Server, Stop};

/// What came of it.
pub(crate) struct Outcome {
    report: Value,
    pub(crate) stops: Vec<Stop>,
    log: Vec<Glance>,
}

/// Runs the command with these options, and stops its server at these times for so long.
pub(crate) fn run(options: &[&str], stops: &[(Duration, Duration)]) -> Outcome {
    let server = Server::start();
    let command = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args(options)
        .args(["-q", "--json", &format!("http://{}/", server.address)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stops = stops
        .iter()
        .map(|(pause, length)| {
            thread::sleep(*pause);
            server.stop(*length)
        })
        .collect();
    let output = command.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Outcome {
        report: serde_json::from_slice(&output.stdout).unwrap(),
        stops,
        log: server.end(),
    }
}

impl Outcome {
    fn number(&self, name: &str) -> f64 {
        self.report[name].as_f64().unwrap()
    }

    pub(crate) fn completed(&self) -> u64 {
        self.report["completed"].as_u64().unwrap()
    }

    /// A percentile of a kind of latency in seconds, from the histogram in the command's report.
    pub(crate) fn latency(&self, kind: &str, percentile: u8) -> f64 {
        let encoded = &self.report["latencies"][kind]["histogram_v2_base64"];
        let bytes = BASE64_STANDARD.decode(encoded.as_str().unwrap()).unwrap();
        let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
        histogram.value_at_percentile(percentile.into()) as f64 / 1e9
    }

    /// The percentile of requests that were due at this rate, by the server's own log: it lies
    /// between these seconds, as the server looked only so often.
    pub(crate) fn truth(&self, rate: f64, percentile: u8) -> (f64, f64) {
        let began = UNIX_EPOCH + Duration::from_secs_f64(self.number("started_unix_seconds"));
        let latencies = |answered: &dyn Fn(u64) -> SystemTime| {
            let mut latencies: Vec<_> = (0..self.completed())
                .map(|number| {
                    let due = began + Duration::from_secs_f64(number as f64 / rate);
                    let waited = answered(number).duration_since(due);
                    waited.unwrap_or_default().as_secs_f64()
                })
                .collect();
            latencies.sort_by(f64::total_cmp);
            latencies[(latencies.len() * usize::from(percentile)).div_ceil(100) - 1]
        };
        let earliest = latencies(&|number| self.last_before(number));
        (earliest, latencies(&|number| self.first_after(number)))
    }

    /// The last glance at which answer `number` was not given yet.
    fn last_before(&self, number: u64) -> SystemTime {
        let next = self.log.partition_point(|glance| glance.answers <= number);
        self.log[next.saturating_sub(1)].at
    }

    /// The first glance at which it was given.
    fn first_after(&self, number: u64) -> SystemTime {
        let next = self.log.partition_point(|glance| glance.answers <= number);
        self.log[next].at
    }
}
