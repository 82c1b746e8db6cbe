//! What a request costs: CPU per request, requests a second and peak memory of loadgen beside its
//! peers, and of backend beside nginx; one core for the client, one for the server.
//!
//! ```text
//! cargo run --release -p bench
//! ```
//!
//! `docs/benchmarks.md` says how to read what it prints.

mod args;
mod cell;
mod client;
mod executables;
mod interrupt;
mod memory;
mod process;
mod progress;
mod results;
mod rounds;
mod sample;
mod server;
mod statistics;
mod table;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use args::{Args, Part};
use client::Clients;
use executables::Executables;
use process::Cores;
use results::Results;
use server::Servers;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.part {
        Some(part) => play(part),
        None => compare(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One of the processes that the comparison starts of itself.
fn play(part: &Part) -> Result<()> {
    match part {
        Part::Pinned { core, command } => process::pinned::run(*core, command),
        Part::Measured { core, command } => process::measured::run(*core, command),
        Part::Canned { addresses } => server::canned::serve(addresses),
        Part::Bare(load) => client::bare::run(load),
    }
}

fn compare(args: &Args) -> Result<()> {
    ensure!(
        !cfg!(debug_assertions),
        "this is a debug build, which is slow itself: cargo run --release -p bench"
    );
    interrupt::watch()?;
    let cores = Cores::choose()?;
    let executables = Executables::build()?;
    let mut left_out = Vec::new();
    let clients = Clients::find(&args.clients(), &executables, &mut left_out);
    let servers = Servers::start(&args.servers, &clients, &executables, cores, &mut left_out)?;
    for absent in &left_out {
        eprintln!("left out: {absent}");
    }
    let mut results = Results::new(args, left_out);
    rounds::run(args, cores, &clients, &servers, &mut results);
    if !args.no_memory {
        memory::run(args, cores, &clients, &servers, &mut results);
    }
    drop(servers);
    println!("{}", table::all(&results));
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&results)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    ensure!(
        !interrupt::requested(),
        "interrupted: the tables are of what was measured until then"
    );
    Ok(())
}
