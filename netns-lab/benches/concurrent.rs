//! Whether the models foretell concurrent load: `cargo bench -p netns-lab --bench concurrent`.
//!
//! A hundred runs for each scheduler, each of them another experiment drawn from the seed: 2 to 6
//! real servers and their weights, 400 to 1000 requests, 2 to 50 at a time, 1 to 200 clients, NAT or
//! direct routing, flags. For each run the trace of its arrivals is replayed through the model. It
//! counts how many runs the kernel gave to each real server exactly what the model did, and how many
//! it gave within the interval of the record. The same seed makes the same experiments.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use analysis::record::{ServerRecord, parse_records};
use analysis::statistics::Interval;
use analysis::{Record, Share, Verdict};
use anyhow::Context;
use clap::Parser;
use director_setup::Scheduler;
use fastrand::Rng;

/// A guest keeps one CPU busy.
const GUESTS: usize = 2;

/// What may be changed.
#[derive(Parser)]
struct Args {
    /// Runs for each scheduler.
    #[arg(long, default_value_t = 100)]
    runs: u64,
    /// What the experiments are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this scheduler; may be repeated.
    #[arg(long)]
    scheduler: Vec<String>,
    /// Another guest kernel.
    #[arg(long)]
    kernel: Option<PathBuf>,
    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What became of the runs of one scheduler.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    runs: u64,
    exact: u64,
    contained: u64,
    passed: u64,
    connections: u64,
    compared: u64,
    agreed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // `cargo test --benches` only wants to know that it builds.
    if !args.bench {
        return Ok(());
    }
    let schedulers = schedulers(&args.scheduler);
    let queue = Mutex::new(schedulers.iter().enumerate());
    let next = || queue.lock().ok()?.next();
    let work = || {
        let mut done = Vec::new();
        while let Some((index, scheduler)) = next() {
            done.push((index, tally(&args, index, scheduler)?));
            eprintln!("{scheduler}: done");
        }
        anyhow::Ok(done)
    };
    let mut rows = thread::scope(|scope| {
        let guests: Vec<_> = (0..GUESTS).map(|_| scope.spawn(work)).collect();
        let joined = guests.into_iter().map(|guest| {
            let ended = guest.join();
            ended.map_err(|_| anyhow::anyhow!("a guest's thread panicked"))?
        });
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?
    .concat();
    rows.sort_by_key(|(index, _)| *index);
    print(&schedulers, rows.iter().map(|(_, tally)| tally));
    Ok(())
}

/// Those that were asked for, or all that Debian's guest kernel has.
fn schedulers(wanted: &[String]) -> Vec<Scheduler> {
    if wanted.is_empty() {
        let known = Scheduler::KNOWN.into_iter();
        return known.filter(|it| *it != Scheduler::PowerOfTwo).collect();
    }
    wanted
        .iter()
        .map(|name| Scheduler::from(name.as_str()))
        .collect()
}

fn tally(args: &Args, index: usize, scheduler: &Scheduler) -> anyhow::Result<Tally> {
    let folder = tempfile::tempdir()?;
    for run in 0..args.runs {
        let place = Scheduler::KNOWN.iter().position(|it| it == scheduler);
        let stream = args.seed * 1_000_000 + place.unwrap_or(index) as u64 * 10_000 + run;
        let text = experiment(&format!("{scheduler}-{run:03}"), scheduler, stream)?;
        fs::write(folder.path().join(format!("{run:03}.toml")), text)?;
    }
    let records = run(folder.path(), args.kernel.as_deref())?;
    anyhow::ensure!(
        records.len() as u64 == args.runs,
        "{scheduler}: some runs left no record"
    );
    let mut tally = Tally::default();
    for record in &records {
        tally.add(record);
    }
    Ok(tally)
}

/// An experiment drawn from a stream of random numbers.
fn experiment(name: &str, scheduler: &Scheduler, stream: u64) -> anyhow::Result<String> {
    let mut random = Rng::with_seed(stream);
    let forwarding = random.choice(["nat", "dr"]).unwrap_or("nat");
    let hashes = matches!(
        scheduler,
        Scheduler::SourceHashing | Scheduler::MaglevHashing | Scheduler::DestinationHashing
    );
    let mut text = format!(
        "name = \"{name}\"\n[load]\nrequests = {}\nconcurrency = {}\nclients = {}\n\
         [service]\nvip = \"192.168.0.1:80\"\nscheduler = \"{scheduler}\"\n\
         forwarding = \"{forwarding}\"\n",
        random.u32(400..=1000),
        random.u32(2..=50),
        random.u32(1..=200),
    );
    if hashes && *scheduler != Scheduler::DestinationHashing && random.bool() {
        writeln!(text, "flags = [\"{scheduler}-port\"]")?;
    }
    for server in 0..random.u32(2..=6) {
        // A hash refuses the clients of a server of weight 0, and ovf what nobody has room for.
        let weight = match scheduler {
            Scheduler::WeightedOverflow => random.u32(25..=60),
            _ if server > 0 && !hashes && random.u32(0..8) == 0 => 0,
            _ => random.u32(1..=10),
        };
        let address = 2 + server;
        writeln!(
            text,
            "[[server]]\naddress = \"192.168.1.{address}\"\nweight = {weight}"
        )?;
    }
    Ok(text)
}

/// Runs a folder of experiments in one guest.
fn run(folder: &Path, kernel: Option<&Path>) -> anyhow::Result<Vec<Record>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netns-lab"));
    command.arg("run").arg(folder);
    command.args(["--engine", "uml", "--format", "json"]);
    if let Some(kernel) = kernel {
        command.arg("--kernel").arg(kernel);
    }
    // Standard error tells of each run; whatever went wrong leaves no record.
    let output = command.stderr(Stdio::null()).output()?;
    parse_records(&String::from_utf8(output.stdout)?).context("the runs left no records")
}

impl Tally {
    fn add(&mut self, record: &Record) {
        let servers = || record.servers.iter();
        self.runs += 1;
        self.exact += u64::from(servers().all(is_exact));
        self.contained += u64::from(servers().all(is_contained));
        self.passed += u64::from(record.verdict == Verdict::Pass);
        self.connections += servers().map(|it| it.kernel_connections).sum::<u64>();
        let picks = record.pick_agreement.unwrap_or_default();
        self.compared += picks.compared;
        self.agreed += picks.agreed;
    }
}

/// The kernel gave it as many connections as the model.
fn is_exact(server: &ServerRecord) -> bool {
    server.expected_connections == Some(server.kernel_connections)
}

/// The interval that the model predicts, or else that of the observed share, has both in it.
fn is_contained(server: &ServerRecord) -> bool {
    let within = |interval: Option<Interval>, share: Option<Share>| {
        let pair = interval.zip(share);
        pair.is_some_and(|(interval, share)| (interval.low..=interval.high).contains(&share))
    };
    // The ends of an interval around nothing or all are rounded.
    is_exact(server)
        || within(server.expected_interval, server.observed_share)
        || within(server.observed_interval, server.expected_share)
}

fn print<'t>(schedulers: &[Scheduler], tallies: impl Iterator<Item = &'t Tally>) {
    println!(
        "| scheduler | runs | counts equal | within the interval | passed | connections | picks known | picks equal |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (scheduler, tally) in schedulers.iter().zip(tallies) {
        let Tally {
            runs,
            exact,
            contained,
            passed,
            connections,
            compared,
            agreed,
        } = tally;
        println!(
            "| {scheduler} | {runs} | {exact} | {contained} | {passed} | {connections} | {compared} | {agreed} |"
        );
    }
}
