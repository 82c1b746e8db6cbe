//! Percentiles are those of the raw samples, within the histogram's precision.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::{plan, real_server, report};
use loadgen::{ConnectionMode, Pacing, Plan, Script, Step};

/// Delays of the server in milliseconds, far apart and more and more seldom.
const DELAYS: [(u32, u32); 5] = [(0, 60), (2, 25), (10, 10), (40, 4), (100, 1)];

fn script() -> Script {
    let step = |(delay, weight): (u32, u32)| Step {
        weight,
        ..Step::get(format!("/delay/{delay}").parse().unwrap())
    };
    Script::new(DELAYS.map(step).to_vec()).unwrap()
}

fn varied(pacing: Pacing) -> Plan {
    let (_, address) = real_server("rs1");
    Plan {
        requests: 1500,
        concurrency: 16,
        connections: ConnectionMode::KeepAlive,
        script: script(),
        pacing,
        samples: true,
        ..plan(address, "/")
    }
}

/// Every rank's value is that of the sorted samples to 0.1 %.
#[track_caller]
fn assert_same(name: &str, timing: &loadgen::Timing, mut samples: Vec<Duration>) {
    samples.sort_unstable();
    assert_eq!(timing.len(), samples.len() as u64, "{name}");
    assert_eq!(timing.min(), samples.first().copied(), "{name}");
    assert_eq!(timing.max(), samples.last().copied(), "{name}");
    for (rank, exact) in samples.iter().enumerate() {
        let quantile = (rank as f64 + 0.5) / samples.len() as f64;
        let shown = timing.at(quantile).unwrap();
        let off = shown.abs_diff(*exact);
        // A nanosecond for values below 2048 of them.
        let most = *exact / 1000 + Duration::from_nanos(1);
        assert!(off <= most, "{name}, {quantile}: {shown:?}, not {exact:?}");
    }
}

#[test]
fn the_librarys_percentiles_are_those_of_its_samples() {
    let report = report(&varied(Pacing::Closed {
        think: Duration::ZERO,
    }));
    assert_eq!(report.completed, 1500);
    let of = |part: fn(&loadgen::Sample) -> Duration| report.samples.iter().map(part).collect();
    assert_same("total", &report.latency, of(|sample| sample.total));
    assert_same("connect", &report.connect, of(|sample| sample.connect));
    assert_same("wait", &report.wait, of(|sample| sample.wait));
    assert_same(
        "processing",
        &report.processing,
        of(loadgen::Sample::processing),
    );
    // They differ, or there would be nothing to see.
    assert!(report.latency_at(0.5) < report.latency_at(0.9));
    assert!(report.latency_at(0.999).unwrap() >= Duration::from_millis(100));
}

/// In an open loop a sample says when a request was sent; it was due every half millisecond.
#[test]
fn an_open_loops_percentiles_are_those_from_the_due_instants_of_its_samples() {
    let report = report(&varied(Pacing::Open {
        rate: 2000.0,
        arrivals: loadgen::Arrivals::Constant,
    }));
    let mut samples = report.samples.clone();
    assert_same(
        "service",
        report.service(),
        samples.iter().map(|sample| sample.total).collect(),
    );
    // Requests are taken in the order in which they are due.
    samples.sort_by_key(|sample| sample.start);
    let latency = |(number, sample): (u32, &loadgen::Sample)| {
        let due = Duration::from_micros(500) * number;
        (sample.start + sample.total).saturating_sub(due)
    };
    let latencies = (0..).zip(&samples).map(latency).collect();
    assert_same("latency", &report.latency, latencies);
}

/// What the command writes: `-g` has every sample in whole milliseconds, `-e` and `--csv` have
/// percentiles of the histogram.
#[test]
fn the_commands_percentiles_are_those_of_its_samples() {
    let (_, address) = real_server("rs1");
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let write = |(delay, weight): (u32, u32)| {
        format!("[[request]]\npath = \"/delay/{delay}\"\nweight = {weight}\n")
    };
    fs::write(path("script"), DELAYS.map(write).concat()).unwrap();
    let (samples, percentiles, script) = (path("g"), path("e"), path("script"));
    let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args(["-k", "-n", "1500", "-c", "16", "-q", "--json"])
        .args(["--script", &script, "-g", &samples, "-e", &percentiles])
        .arg(format!("http://{address}/"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let samples = samples_of(&fs::read_to_string(samples).unwrap());
    let percentiles = percentiles_of(&fs::read_to_string(percentiles).unwrap());
    assert_eq!((samples.len(), percentiles.len()), (1500, 101));
    for (percentage, shown) in &percentiles {
        // ab's rank, counted from 0.
        let rank = (15 * percentage).min(1499);
        assert_close(*shown, samples[rank], &format!("-e {percentage}"));
    }
    for percentage in [50, 90, 99] {
        let shown = &report["latencies"]["total"]["percentiles_us"][format!("p{percentage}")];
        let shown = shown.as_f64().unwrap() / 1000.0;
        assert_close(
            shown,
            samples[15 * percentage - 1],
            &format!("p{percentage}"),
        );
    }
}

/// In milliseconds; a sample is rounded to one.
#[track_caller]
fn assert_close(shown: f64, sample: f64, name: &str) {
    let most = 0.5 + shown / 1000.0 + 0.001;
    assert!(
        (shown - sample).abs() <= most,
        "{name}: {shown} ms, not {sample} ms"
    );
}

/// The total times in milliseconds, which are in order.
fn samples_of(file: &str) -> Vec<f64> {
    let total = |line: &str| line.split('\t').nth(4).unwrap().parse().unwrap();
    let samples: Vec<f64> = file.lines().skip(1).map(total).collect();
    assert!(samples.is_sorted());
    samples
}

fn percentiles_of(file: &str) -> BTreeMap<usize, f64> {
    let line = |line: &str| {
        let (percentage, time) = line.split_once(',').unwrap();
        (percentage.parse().unwrap(), time.parse().unwrap())
    };
    file.lines().skip(1).map(line).collect()
}
