//! A concurrent HTTP load generator in the manner of ab.

mod args;
mod bar;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use loadgen::{Plan, Progress, Report, StopReason, run};
use tokio::signal::unix::{Signal, SignalKind, signal};

use args::{Args, Output};

fn main() -> ExitCode {
    let args = Args::parse();
    let output = args.output();
    let requested = args.request().unwrap_or_else(|usage| usage.exit());
    match requested.resolve().and_then(|plan| load(&plan, output)) {
        Ok(report) => exit_code(&report),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn load(plan: &Plan, output: Output) -> anyhow::Result<Report> {
    let progress = Progress::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let load = run(plan, &progress, either(&mut interrupt, &mut terminate));
    let report = bar::beside(load, plan, &progress, output.bar).await;
    print(&if output.json {
        report.json(plan)?
    } else {
        report.text(plan).to_string()
    })?;
    Ok(report)
}

/// Writes to stdout. A reader that has seen enough is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
}

/// The exit codes are documented in the help text.
fn exit_code(report: &Report) -> ExitCode {
    let interrupted = report.stopped_early == Some(StopReason::Interrupted);
    if interrupted || report.failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
