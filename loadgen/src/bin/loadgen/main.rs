//! A concurrent HTTP load generator in the manner of ab.

mod outcome;
mod plan;
mod refuse;
mod watch;

use std::collections::BTreeMap;
use std::future::pending;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use loadgen::ab::exit::{FAILURE, Outcome, USAGE};
use loadgen::ab::files::{self, OutputFile};
use loadgen::ab::{self, Command, Figures, Nanoseconds, Options, report};
use loadgen::{Latency, Plan, Progress, Report, Results, StopReason, export, run_threads};
use tokio::signal::unix::{SignalKind, signal};

use watch::Watch;

/// Files by the option that asked for them, open already.
type Files = BTreeMap<&'static str, OutputFile>;

fn main() -> ExitCode {
    let options = match ab::parse(std::env::args_os().skip(1)) {
        Ok(Command::Load(options)) => options,
        Ok(Command::Help) => return shown(print(&ab::help())),
        Ok(Command::Version) => return shown(print(&ab::version())),
        Err(error) => return usage(&error.into()),
    };
    match prepared(&options) {
        Ok((plan, files)) => match load(&options, &plan, files) {
            Ok(code) => ExitCode::from(code),
            Err(error) => shown(Err(error)),
        },
        Err(error) => usage(&error),
    }
}

fn usage(error: &anyhow::Error) -> ExitCode {
    eprintln!("loadgen: {error:#}\nTry 'loadgen --help'.");
    ExitCode::from(USAGE)
}

fn shown(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadgen: {error:#}");
            ExitCode::from(FAILURE)
        }
    }
}

/// Everything that can go wrong before a request is sent.
fn prepared(options: &Options) -> Result<(Plan, Files)> {
    refuse::check(options)?;
    let plan = plan::plan(options)?;
    let named = options.output.files.named();
    let open = |(option, path)| Ok((option, OutputFile::open(path)?));
    Ok((plan, named.map(open).collect::<Result<_>>()?))
}

fn load(options: &Options, plan: &Plan, files: Files) -> Result<u8> {
    let watch = Watch::new(options);
    let lines = watch.has_lines();
    if !options.output.json {
        let proxy = options.connection.proxy.as_ref();
        print(&report::banner(
            &options.target,
            proxy,
            &options.layout,
            lines,
        ))?;
    }
    let progress = Progress::new();
    let (watch, report) = sent(options, plan, watch, &progress)?;
    let figures = outcome::figures(options, plan, &report);
    watch.finish(figures.complete);
    let results = outcome::results(options, &report, &progress.take_intervals(u64::MAX));
    write(files, &report, &results)?;
    conclude(options, &report, &figures, &results, lines)
}

/// Sends the load and shows its progress beside it.
fn sent(
    options: &Options,
    plan: &Plan,
    watch: Watch,
    progress: &Progress,
) -> Result<(Watch, Report)> {
    let (running, ended) = mpsc::channel();
    thread::scope(|scope| {
        let watching = scope.spawn(move || watch.until(options, progress, &ended));
        let report = run_threads(plan, options.threads, progress, interrupted());
        drop(running);
        let watch = watching.join();
        let watch = watch.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((watch, report.context("cannot start the load")?))
    })
}

/// Ends at SIGINT or SIGTERM.
async fn interrupted() {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        // They then end the process, as they do by themselves.
        return pending().await;
    };
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
}

/// Writes the files. Without a complete request an older file of ab's formats stays.
fn write(files: Files, report: &Report, results: &Results) -> Result<()> {
    let total = report.latency.histogram();
    for (option, file) in files {
        match option {
            "-e" | "-g" if total.is_empty() => {}
            "-e" => file.write(|out| files::percentiles(out, &Nanoseconds(total)))?,
            "-g" => {
                let mut samples = outcome::samples(report);
                file.write(|out| files::requests(out, &mut samples, &TimeZone::system()))?;
            }
            "--csv" => file.write(|out| export::csv(out, results))?,
            "--hgrm" => file.write(|out| export::hgrm(out, &results.latencies[&Latency::Total]))?,
            "--hlog" => file.write(|out| export::hlog(out, results))?,
            "--plot" => file.write(|out| export::plot(out, results))?,
            other => unreachable!("no file is named by {other}"),
        }
    }
    Ok(())
}

/// Prints the report and judges the assertions.
fn conclude(
    options: &Options,
    report: &Report,
    figures: &Figures,
    results: &Results,
    lines: bool,
) -> Result<u8> {
    let assertions = options.assertions.iter();
    let verdicts: Vec<_> = assertions
        .map(|assertion| assertion.judge(results))
        .collect();
    if options.output.json {
        print(&export::json(results, &verdicts)?)?;
    } else {
        let latencies = Nanoseconds(report.latency.histogram());
        let ending = if lines { "" } else { report::ENDING };
        print(ending)?;
        print(&report::results(figures, &latencies, &options.layout))?;
    }
    for verdict in &verdicts {
        eprintln!("{verdict}");
    }
    let judged = options.expect.status.is_empty();
    let outcome = Outcome {
        failed: report.failed,
        non_2xx: if judged { report.non_2xx } else { 0 },
        interrupted: report.stopped_early == Some(StopReason::Interrupted),
        assertions: (!verdicts.is_empty()).then(|| verdicts.iter().all(|verdict| verdict.holds)),
    };
    Ok(outcome.code())
}

/// Writes to stdout at once. A reader that has seen enough is no error.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}
