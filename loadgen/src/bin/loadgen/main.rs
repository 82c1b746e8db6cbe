//! A concurrent HTTP load generator in the manner of ab.

mod datagrams;
mod files;
mod intervals;
mod outcome;
mod plan;
mod watch;

use std::future::pending;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result};
use loadgen::ab::exit::{FAILURE, Outcome, USAGE};
use loadgen::ab::{self, Command, Nanoseconds, Options, report, verbose};
use loadgen::{
    IntervalLatency, Plan, Progress, Report, Results, Scheme, StopReason, export, run_threads, udp,
};
use tokio::signal::unix::{SignalKind, signal};

use files::Files;
use intervals::Intervals;
use watch::Watch;

/// What is to be sent.
enum Load {
    Requests(Box<Plan>),
    Datagrams(udp::Plan),
}

fn main() -> ExitCode {
    let options = match ab::parse(std::env::args_os().skip(1)) {
        Ok(Command::Load(options)) => options,
        Ok(Command::Help) => return shown(print(&ab::help())),
        Ok(Command::Version) => return shown(print(&ab::version())),
        Err(error) => return usage(&error.into()),
    };
    match prepared(&options) {
        Ok((load, files)) => match carried_out(&options, load, files) {
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
fn prepared(options: &Options) -> Result<(Load, Files)> {
    let load = if options.target.scheme == Scheme::Udp {
        Load::Datagrams(datagrams::plan(options)?)
    } else {
        Load::Requests(Box::new(plan::plan(options)?))
    };
    Ok((load, files::open(options)?))
}

fn carried_out(options: &Options, load: Load, files: Files) -> Result<u8> {
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
    let progress = if watch.is_display() {
        Progress::watched()
    } else {
        Progress::new()
    };
    match load {
        Load::Requests(plan) => requests(options, &plan, watch, &progress, files),
        Load::Datagrams(plan) => echoes(options, &plan, watch, &progress, files),
    }
}

fn requests(
    options: &Options,
    plan: &Plan,
    watch: Watch,
    progress: &Progress,
    files: Files,
) -> Result<u8> {
    if options.output.verbosity >= 2 {
        print(&verbose::request(&options.method, &plan.first_head()))?;
    }
    let lines = watch.has_lines();
    let (watch, report, intervals) = beside(options, watch, progress, || {
        let report = run_threads(plan, options.threads, progress, interrupted());
        report.context("cannot start the load")
    })?;
    let figures = outcome::figures(options, plan, &report);
    watch.finish(figures.complete);
    let results = outcome::results(options, &report, intervals);
    // A file that cannot be written does not take the report with it.
    let written = files::write(files, outcome::samples(&report), &results);
    let latencies = Nanoseconds(report.latency.histogram());
    let header = options.by_header.as_deref();
    let text = report::results(&figures, &latencies, &options.layout)
        + &report::beyond(&results, header, &options.layout);
    let assertions_hold = conclude(options, &results, &text, lines)?;
    written?;
    let judged = options.expect.status.is_empty();
    Ok(code(&report, judged, assertions_hold))
}

fn code(report: &Report, judges_status: bool, assertions: Option<bool>) -> u8 {
    let outcome = Outcome {
        failed: report.failed,
        non_2xx: if judges_status { report.non_2xx } else { 0 },
        interrupted: report.stopped_early == Some(StopReason::Interrupted),
        assertions,
    };
    outcome.code()
}

fn echoes(
    options: &Options,
    plan: &udp::Plan,
    watch: Watch,
    progress: &Progress,
    files: Files,
) -> Result<u8> {
    let lines = watch.has_lines();
    let started = SystemTime::now();
    let (watch, report, intervals) =
        beside(options, watch, progress, || datagrams::sent(plan, progress))?;
    watch.finish(report.received);
    let results = datagrams::results(options, &report, started, intervals);
    let written = files::write(files, Vec::new(), &results);
    let text = udp::text(plan, &report, &results, &options.layout);
    let assertions = conclude(options, &results, &text, lines)?;
    written?;
    let outcome = Outcome {
        failed: results.failed,
        non_2xx: 0,
        interrupted: report.stopped_early == Some(StopReason::Interrupted),
        assertions,
    };
    Ok(outcome.code())
}

/// Sends the load and shows its progress beside it.
fn beside<T>(
    options: &Options,
    watch: Watch,
    progress: &Progress,
    send: impl FnOnce() -> Result<T>,
) -> Result<(Watch, T, Vec<IntervalLatency>)> {
    let (running, ended) = mpsc::channel();
    let (watch, intervals, report) = thread::scope(|scope| {
        let watching = scope.spawn(move || watch.until(options, progress, &ended));
        let report = send();
        drop(running);
        let watched = watching.join();
        let watched = watched.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let (watch, intervals): (Watch, Intervals) = watched?;
        Ok::<_, anyhow::Error>((watch, intervals, report?))
    })?;
    Ok((watch, report, intervals.all(progress)?))
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

/// Prints the report and judges the assertions: whether all hold, if there are any.
fn conclude(options: &Options, results: &Results, text: &str, lines: bool) -> Result<Option<bool>> {
    let assertions = options.assertions.iter();
    let verdicts: Vec<_> = assertions
        .map(|assertion| assertion.judge(results))
        .collect();
    if options.output.json {
        print(&export::json(results, &verdicts)?)?;
    } else {
        let ending = if lines { "" } else { report::ENDING };
        print(ending)?;
        print(text)?;
    }
    for verdict in &verdicts {
        eprintln!("{verdict}");
    }
    Ok((!verdicts.is_empty()).then(|| verdicts.iter().all(|verdict| verdict.holds)))
}

/// Writes to stdout at once. A reader that has seen enough is no error.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}
