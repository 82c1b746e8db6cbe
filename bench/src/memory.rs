//! Whether loadgen's memory grows with the number of requests.

use anyhow::Result;
use serde::Serialize;

use crate::args::Args;
use crate::cell::{Load, Mode};
use crate::client::{Client, ClientName, Clients};
use crate::interrupt;
use crate::process::{Cores, measure};
use crate::results::Results;
use crate::server::{Server, ServerName, Servers};

/// Connections at a time.
const CONNECTIONS: u32 = 64;

/// The memory of a whole run.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Footprint {
    pub(crate) requests: u64,
    pub(crate) connections: u32,
    pub(crate) peak_mib: f64,
}

/// Runs loadgen with a number of requests and with ten times as many, against the canned server.
pub(crate) fn run(
    args: &Args,
    cores: Cores,
    clients: &Clients,
    servers: &Servers,
    results: &mut Results,
) {
    let loadgen = clients
        .iter()
        .find(|client| client.name == ClientName::Loadgen);
    let canned = servers
        .iter()
        .find(|server| server.name == ServerName::Canned);
    let (Some(loadgen), Some(canned)) = (loadgen, canned) else {
        return;
    };
    let few = if args.quick { 100_000 } else { 1_000_000 };
    for requests in [few, 10 * few] {
        eprintln!("loadgen's memory with {requests} requests");
        let footprint = footprint(cores, loadgen, canned, requests);
        if interrupt::requested() {
            return;
        }
        match footprint {
            Ok(footprint) => results.memory.push(footprint),
            Err(error) => {
                let reason = format!("loadgen's memory with {requests} requests: {error:#}");
                eprintln!("left out: {reason}");
                results.left_out.push(reason);
            }
        }
    }
}

fn footprint(cores: Cores, loadgen: &Client, canned: &Server, requests: u64) -> Result<Footprint> {
    let load = Load {
        address: canned.address(loadgen.name),
        mode: Mode::KeepAlive,
        connections: CONNECTIONS,
        requests,
    };
    let measured = measure(cores.client, &loadgen.command(&load))?;
    loadgen.name.completed(&measured.stdout, &load)?;
    Ok(Footprint {
        requests,
        connections: CONNECTIONS,
        peak_mib: measured.peak_kib as f64 / 1024.0,
    })
}
