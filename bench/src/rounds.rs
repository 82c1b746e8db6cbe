//! Every client against every server, in turns.

use anyhow::{Result, bail};

use crate::args::Args;
use crate::cell::{Cell, Load};
use crate::client::{Client, Clients};
use crate::interrupt;
use crate::process::{Cores, measure};
use crate::progress::Progress;
use crate::results::Results;
use crate::sample::{Invalid, Sample};
use crate::server::{Server, Servers};

/// Takes the samples. The clients of a cell follow each other directly, and so do the servers of a mode
/// and number of connections, so that what else the machine does meets all of them. All come in
/// another order in each round.
pub(crate) fn run(
    args: &Args,
    cores: Cores,
    clients: &Clients,
    servers: &Servers,
    results: &mut Results,
) {
    let mut cells = cells(args, servers);
    let mut progress = Progress::new(cells.len() * args.rounds() as usize);
    for round in 1..=args.rounds() {
        shuffle(&mut cells);
        for &(cell, server) in &cells {
            let figures = turns(args, cores, clients, (round, cell, server), results);
            if interrupt::requested() {
                return;
            }
            progress.cell(cell, &figures);
        }
    }
}

/// Shuffles the modes and numbers of connections, and the servers of each.
fn shuffle(cells: &mut [(Cell, &Server)]) {
    let group = |cell: Cell| (cell.mode, cell.connections);
    fastrand::shuffle(cells);
    let order: Vec<_> = cells.iter().map(|(cell, _)| group(*cell)).collect();
    cells.sort_by_key(|(cell, _)| order.iter().position(|other| *other == group(*cell)));
}

fn cells<'a>(args: &Args, servers: &'a Servers) -> Vec<(Cell, &'a Server)> {
    let mut cells = Vec::new();
    for server in servers.iter() {
        for &mode in &args.mode {
            for &connections in &args.connections {
                let cell = Cell {
                    server: server.name,
                    mode,
                    connections,
                };
                cells.push((cell, server));
            }
        }
    }
    cells
}

/// Every client once; what each took, in words.
fn turns(
    args: &Args,
    cores: Cores,
    clients: &Clients,
    (round, cell, server): (u32, Cell, &Server),
    results: &mut Results,
) -> Vec<String> {
    let mut order: Vec<_> = clients.iter().collect();
    fastrand::shuffle(&mut order);
    let mut figures = Vec::new();
    for client in order {
        let load = Load {
            address: server.address(client.name),
            mode: cell.mode,
            connections: cell.connections,
            requests: args.requests(cell.mode, cell.connections),
        };
        let taken = take(cores, client, server, (round, cell), &load);
        if interrupt::requested() {
            break;
        }
        match taken {
            Ok(sample) => {
                figures.push(format!("{} {:.2} µs", client.name, sample.client_us()));
                results.samples.push(sample);
            }
            Err(error) => {
                let reason = format!("{error:#}");
                let invalid = Invalid {
                    round,
                    cell,
                    client: client.name,
                    reason,
                };
                eprintln!("invalid: {invalid}");
                results.invalid.push(invalid);
            }
        }
    }
    figures
}

/// One sample. A client that fails, or one of whose requests failed, gives none.
fn take(
    cores: Cores,
    client: &Client,
    server: &Server,
    (round, cell): (u32, Cell),
    load: &Load,
) -> Result<Sample> {
    let before = server.cpu()?;
    let measured = measure(cores.client, &client.command(load))?;
    let served_for = server.cpu()?.saturating_sub(before);
    let requests = client.name.completed(&measured.stdout, load)?;
    if requests == 0 {
        bail!("no request was completed");
    }
    let per_request = |us: u64| us as f64 / requests as f64;
    Ok(Sample {
        round,
        cell,
        client: client.name,
        requests,
        seconds: measured.wall_us as f64 / 1e6,
        user_us: per_request(measured.user_us),
        system_us: per_request(measured.system_us),
        peak_mib: measured.peak_kib as f64 / 1024.0,
        server_us: served_for.as_secs_f64() * 1e6 / requests as f64,
    })
}
