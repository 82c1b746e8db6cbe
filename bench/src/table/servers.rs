//! What a request costs each server, and how many it answers, beside nginx.

use super::markdown;
use crate::cell::Cell;
use crate::client::ClientName;
use crate::results::Results;
use crate::sample::Sample;
use crate::server::ServerName;

const HEADINGS: [&str; 8] = [
    "mode",
    "connections",
    "client",
    "server",
    "requests/s",
    "to nginx",
    "server µs/request",
    "to nginx",
];

/// Who drives them: the two that differ most in how they speak.
const DRIVERS: [ClientName; 2] = [ClientName::Wrk, ClientName::Ab];

/// None where none of the clients that drive them was run.
pub(super) fn table(results: &Results) -> Option<String> {
    let mut cells = results.cells();
    cells.sort_by_key(|cell| (cell.mode, cell.connections, cell.server));
    let mut groups: Vec<_> = cells
        .iter()
        .map(|cell| (cell.mode, cell.connections))
        .collect();
    groups.dedup();
    let mut rows = Vec::new();
    for (mode, connections) in groups {
        for client in DRIVERS {
            for server in [ServerName::Canned, ServerName::Nginx, ServerName::Backend] {
                rows.extend(row(
                    results,
                    Cell {
                        server,
                        mode,
                        connections,
                    },
                    client,
                ));
            }
        }
    }
    (!rows.is_empty()).then(|| markdown(HEADINGS, 4, rows))
}

fn row(results: &Results, cell: Cell, client: ClientName) -> Option<[String; 8]> {
    let here = (cell, client);
    let nginx = Cell {
        server: ServerName::Nginx,
        ..cell
    };
    let median = |figure| Some(results.spread(here, figure)?.median);
    let to_nginx = |figure| {
        let ratio = results.ratio(here, (nginx, client), figure);
        ratio.map_or_else(String::new, |ratio| format!("{:.2}", ratio.median))
    };
    let cost = |sample: &Sample| sample.server_us;
    Some([
        cell.mode.text().to_owned(),
        cell.connections.to_string(),
        client.to_string(),
        cell.server.to_string(),
        format!("{:.0}", median(Sample::requests_per_second)?),
        to_nginx(Sample::requests_per_second),
        format!("{:.2}", median(cost)?),
        to_nginx(cost),
    ])
}
