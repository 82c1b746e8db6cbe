//! The drop-in beside the real `ipvsadm`: `cargo bench -p netns-lab --bench ipvsadm`.
//!
//! Both run in one user-mode Linux guest and take turns. The drop-in is the small executable
//! `ipvsadm` of `director-setup`, which is built for release first. Times are from before a program
//! is started until it has ended.

#[path = "../tests/kernel/kernel.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod kernel;
#[path = "../tests/kernel/ipvsadm/real.rs"]
mod real;
#[path = "../tests/kernel/skip.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
#[expect(unused_macros, unused_imports, reason = "the tests need them")]
mod skip;

use std::env;
use std::fs::{self, File};
use std::io::{self, BufReader, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use director_setup::ipvsadm::NAME;
use netns_lab::engine::Engine;
use netns_lab::guest::ExtraFile;
use netns_lab::link::{self, FrameError, ReceiveError};
use netns_lab::namespace::{HostNetwork, Lab, Namespace, NamespaceError};
use netns_lab::parts;
use netns_lab::topology::{Node, Topology};
use serde::{Deserialize, Serialize};

/// The table that is restored, listed and saved.
const SERVICES: u32 = 2000;
const SERVERS: u32 = 10;
/// How often that is repeated.
const REPETITIONS: usize = 5;
/// How many edits are made by a program each, and how many times one is only started.
const EDITS: u32 = 1000;
const STARTS: u32 = 100;
/// How often the memory of a running program is looked at.
const GLANCE: Duration = Duration::from_millis(1);
/// Where the guest has the drop-in.
const OURS: &str = "/ours/ipvsadm";
/// Where the guest keeps the commands that are restored.
const TABLE: &str = "/tmp/table";

/// What was measured: values of the real program and of the drop-in.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    what: String,
    values: [Vec<f64>; 2],
}

fn main() -> ExitCode {
    if let Some(code) = parts::play(serve) {
        return code;
    }
    // `cargo test --benches` only wants to know that it builds.
    if !env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Boots the guest and prints a row for whatever it has measured.
fn compare() -> anyhow::Result<()> {
    let needed = |skip::Skipped(why)| anyhow::anyhow!(why);
    let mut extras = real::required().map_err(needed)?;
    let file = ExtraFile {
        host: build_ours()?,
        guest: OURS.into(),
    };
    extras.add_program(file, &[])?;
    let engine = kernel::engine().map_err(needed)?.with_extras(extras);
    let (_cage, mut line) = engine.start().context("cannot start the guest")?;
    // What the guest's programs complain about; it ends with the guest.
    thread::spawn(move || io::copy(&mut line.console, &mut io::stderr()));
    let mut rows = BufReader::new(line.output);
    println!("| what | real, median | ours, median | ours / real |");
    println!("|---|--:|--:|--:|");
    loop {
        match link::receive::<Row>(&mut rows) {
            Ok(row) => row.print(),
            Err(ReceiveError::Frame(FrameError::Closed)) => return Ok(()),
            Err(error) => return Err(error).context("the guest died"),
        }
    }
}

/// Builds the drop-in and says where it is: beside this executable's folder.
fn build_ours() -> anyhow::Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--package",
            "director-setup",
            "--bin",
            NAME,
        ])
        .status()
        .context("cannot run cargo")?;
    anyhow::ensure!(status.success(), "the drop-in does not build");
    let here = env::current_exe()?;
    let folder = here.parent().and_then(Path::parent);
    let program = folder
        .context("this executable is in no build folder")?
        .join(NAME);
    anyhow::ensure!(program.is_file(), "{} is not there", program.display());
    Ok(program)
}

impl Row {
    fn new(what: &str) -> Self {
        Self {
            what: what.to_owned(),
            values: [vec![], vec![]],
        }
    }

    fn print(mut self) {
        let [real, ours] = [0, 1].map(|index| {
            let values: &mut Vec<f64> = &mut self.values[index];
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        });
        let ratio = ours / real;
        println!("| {} | {real:.2} | {ours:.2} | {ratio:.2} |", self.what);
    }
}

/// The guest's end; a lab that is not on the serial line is none of ours.
fn serve(host: HostNetwork) -> io::Result<()> {
    if !io::stdin().is_terminal() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    fs::write(TABLE, table())?;
    let say = |row: &Row| link::send(&mut io::stdout().lock(), row);
    for row in whole_tables(host)? {
        say(&row)?;
    }
    let lab = new_director(host)?;
    let namespace = &lab.director.namespace;
    run(namespace, host, 0, &["-R"], true)?;
    let mut edits = Row::new("edit of one real server, ms");
    let mut starts = Row::new("--version, ms");
    for number in 0..EDITS {
        let weight = (number % 100).to_string();
        let [key, server] = [service(number % SERVICES), server(number, 0)];
        let args = ["-e", "-t", &key, "-r", &server, "-m", "-w", &weight];
        measure(&mut edits, namespace, host, &args)?;
        if number < STARTS {
            measure(&mut starts, namespace, host, &["--version"])?;
        }
    }
    say(&edits)?;
    say(&starts)
}

/// Restoring, listing and saving the whole table, and the memory that takes.
fn whole_tables(host: HostNetwork) -> io::Result<Vec<Row>> {
    let steps = [("restore", "-R"), ("list", "-L -n"), ("save", "-S -n")];
    let mut times = steps.map(|(what, _)| Row::new(&format!("{what} {SERVICES} x {SERVERS}, ms")));
    let mut memory = steps.map(|(what, _)| Row::new(&format!("{what}, peak memory in MiB")));
    for _ in 0..REPETITIONS {
        for program in 0..2 {
            let lab = new_director(host)?;
            let namespace = &lab.director.namespace;
            for (step, (_, words)) in steps.iter().enumerate() {
                let args: Vec<_> = words.split(' ').collect();
                let ended = run(namespace, host, program, &args, step == 0)?;
                if step == 0 {
                    expect_whole_table(namespace, host)?;
                }
                times[step].values[program].push(ended.milliseconds);
                memory[step].values[program].push(ended.peak_mib);
            }
        }
    }
    Ok(times.into_iter().chain(memory).collect())
}

/// What was restored is what the real program saves.
fn expect_whole_table(namespace: &Namespace, host: HostNetwork) -> io::Result<()> {
    let save = || Command::new(real::IN_GUEST).args(["-S", "-n"]).output();
    let saved = namespace.run::<_, NamespaceError>(host, |_| Ok(save()));
    let saved = saved.map_err(io::Error::other)??;
    let mut lines: Vec<_> = saved.stdout.split(|byte| *byte == b'\n').collect();
    let table = fs::read(TABLE)?;
    let mut expected: Vec<_> = table.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    expected.sort_unstable();
    if lines == expected {
        Ok(())
    } else {
        Err(io::Error::other("the table was not restored as it is"))
    }
}

/// Runs both programs, one after the other.
fn measure(
    row: &mut Row,
    namespace: &Namespace,
    host: HostNetwork,
    args: &[&str],
) -> io::Result<()> {
    for program in 0..2 {
        let ended = run(namespace, host, program, args, false)?;
        row.values[program].push(ended.milliseconds);
    }
    Ok(())
}

struct Ended {
    milliseconds: f64,
    peak_mib: f64,
}

/// Runs a program; with `restores` it reads the table, and its memory is watched for all but the
/// short commands.
fn run(
    namespace: &Namespace,
    host: HostNetwork,
    program: usize,
    args: &[&str],
    restores: bool,
) -> io::Result<Ended> {
    let work = || -> io::Result<Ended> {
        let input = if restores { TABLE } else { "/dev/null" };
        let mut command = Command::new([real::IN_GUEST, OURS][program]);
        command.arg0(NAME).args(args).env_clear();
        command.stdin(File::open(input)?).stdout(Stdio::null());
        let began = Instant::now();
        let mut child = command.spawn()?;
        let is_short = args.len() > 2 || args[0] == "--version";
        let mut peak_mib: f64 = 0.0;
        while !is_short && child.try_wait()?.is_none() {
            peak_mib = peak_mib.max(high_water_mark(child.id()));
            thread::sleep(GLANCE);
        }
        let status = child.wait()?;
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        if !status.success() {
            return Err(io::Error::other(format!("{args:?} ended with {status}")));
        }
        Ok(Ended {
            milliseconds,
            peak_mib,
        })
    };
    namespace
        .run::<_, NamespaceError>(host, |_| Ok(work()))
        .map_err(io::Error::other)?
}

/// The most memory that a process had so far, in MiB.
fn high_water_mark(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// A director with an empty IPVS. Its loopback interface is up: where none is, some kernels take no
/// IPv4 address for unicast.
fn new_director(host: HostNetwork) -> io::Result<Lab> {
    let bare = |name: &str| Node {
        name: name.to_owned(),
        sysctls: vec![],
        interfaces: vec![],
        loopback: vec![],
        routes: vec![],
    };
    let topology = Topology {
        client: bare("client"),
        director: bare("director"),
        real_servers: vec![],
        switches: vec![],
    };
    Lab::build(host, &topology).map_err(io::Error::other)
}

fn table() -> String {
    let of_service = |number: u32| {
        let key = service(number);
        let servers = (0..SERVERS).map(|index| server(number, index));
        let add = format!("-A -t {key} -s wlc\n");
        servers.fold(add, |text, it| {
            format!("{text}-a -t {key} -r {it} -m -w 1\n")
        })
    };
    (0..SERVICES).map(of_service).collect()
}

fn service(number: u32) -> String {
    format!("10.0.{}.{}:80", number / 250, number % 250 + 1)
}

fn server(service: u32, index: u32) -> String {
    let number = service % SERVICES;
    format!(
        "10.{}.{}.{}:8080",
        index + 1,
        number / 250,
        number % 250 + 1
    )
}
