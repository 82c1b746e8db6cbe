//! How fast and how big a whole run is: `cargo bench -p netns-lab`.
//!
//! Runs the command as a user would, in the user-mode Linux engine, several times, and prints
//! minimum, median and maximum as a Markdown table. The figures that were seen last are kept in
//! `docs/benchmarks.md`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use analysis::Record;
use anyhow::Context;

/// How often each run is repeated; the kinds of run take turns.
const REPETITIONS: usize = 5;

/// What is measured, in the order of the table.
#[derive(Default)]
struct Samples {
    first_request: Vec<f64>,
    nat_rate: Vec<f64>,
    dr_rate: Vec<f64>,
    tutorial: Vec<f64>,
    memory: Vec<f64>,
    nat_of_100: Vec<f64>,
    dr_of_100: Vec<f64>,
}

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let mut samples = Samples::default();
    for _ in 0..REPETITIONS {
        tutorial(&mut samples)?;
        samples.nat_of_100.push(lab_of_100("nat")?);
        samples.dr_of_100.push(lab_of_100("dr")?);
    }
    samples.print();
    Ok(())
}

impl Samples {
    fn print(self) {
        println!("| what | aim | min | median | max |");
        println!("|---|---|--:|--:|--:|");
        let row = |what: &str, aim: &str, mut values: Vec<f64>, digits: usize| {
            values.sort_by(f64::total_cmp);
            let (low, mid, high) = (
                values[0],
                values[values.len() / 2],
                values[values.len() - 1],
            );
            println!("| {what} | {aim} | {low:.digits$} | {mid:.digits$} | {high:.digits$} |");
        };
        row(
            "start to first request, s",
            "at most 3",
            self.first_request,
            2,
        );
        row("NAT, connections/s", "at least 2000", self.nat_rate, 0);
        row("DR, connections/s", "", self.dr_rate, 0);
        row(
            "both experiments with reports, s",
            "at most 20",
            self.tutorial,
            1,
        );
        row("guest memory in use, MiB", "at most 512", self.memory, 0);
        row(
            "building a NAT lab of 100 real servers, s",
            "at most 2",
            self.nat_of_100,
            2,
        );
        row(
            "building a DR lab of 100 real servers, s",
            "at most 2",
            self.dr_of_100,
            2,
        );
    }
}

/// The two experiments of the tutorial, with all their files.
fn tutorial(samples: &mut Samples) -> anyhow::Result<()> {
    let out = tempfile::tempdir()?;
    let out = out.path().to_string_lossy().into_owned();
    let began = Instant::now();
    let (records, memory) = run(&["nat-wlc", "dr-wlc", "--out", &out])?;
    samples.tutorial.push(began.elapsed().as_secs_f64());
    let [nat, dr] = records.as_slice() else {
        anyhow::bail!("expected two records")
    };
    samples
        .first_request
        .push(stage(nat, "boot") + stage(nat, "lab"));
    samples.nat_rate.extend(nat.load.requests_per_second);
    samples.dr_rate.extend(dr.load.requests_per_second);
    samples.memory.push(memory);
    Ok(())
}

fn lab_of_100(mode: &str) -> anyhow::Result<f64> {
    let weights = ["1"; 100].join(",");
    let (records, _) = run(&[
        "--mode",
        mode,
        "--scheduler",
        "rr",
        "--weights",
        &weights,
        "-n",
        "100",
    ])?;
    records
        .first()
        .map(|record| stage(record, "lab"))
        .context("expected a record")
}

fn stage(record: &Record, name: &str) -> f64 {
    let of_name = record.stages.iter().filter(|stage| stage.name == name);
    of_name
        .map(|stage| Duration::from_millis(stage.ms).as_secs_f64())
        .sum()
}

/// Runs experiments and returns their records and the largest memory of the guest, in MiB.
fn run(args: &[&str]) -> anyhow::Result<(Vec<Record>, f64)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netns-lab"))
        .args(["run", "--engine", "uml", "--format", "json"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let memory = scope.spawn(|| watch_memory(&child, &done));
        let text = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
        done.store(true, Ordering::Relaxed);
        let memory = memory
            .join()
            .map_err(|_| anyhow::anyhow!("the watcher panicked"))?;
        Ok((analysis::record::parse_records(&text)?, memory))
    })
    .and_then(|result| {
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "the run ended with {status}");
        Ok(result)
    })
}

/// The largest resident memory among the descendants that run the guest, in MiB.
fn watch_memory(child: &Child, done: &AtomicBool) -> f64 {
    let mut largest = 0.0;
    while !done.load(Ordering::Relaxed) {
        let guests = processes().filter(|process| process.is_below(child.id()));
        largest = guests
            .map(|process| process.resident_mib)
            .fold(largest, f64::max);
        thread::sleep(Duration::from_millis(50));
    }
    largest
}

struct Process {
    parents: Vec<u32>,
    resident_mib: f64,
}

impl Process {
    fn is_below(&self, ancestor: u32) -> bool {
        self.parents.contains(&ancestor)
    }
}

fn processes() -> impl Iterator<Item = Process> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    ids.filter_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let resident_mib = field::<f64>(id, "VmHWM:")? / 1024.0;
        let parent = |id: &u32| field::<u32>(*id, "PPid:");
        let parents = std::iter::successors(parent(&id), |id| parent(id).filter(|id| *id > 0));
        Some(Process {
            parents: parents.collect(),
            resident_mib,
        })
    })
}

/// A number in `/proc/PID/status`.
fn field<T: FromStr>(process: u32, name: &str) -> Option<T> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
