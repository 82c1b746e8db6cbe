//! What was to be reached, and what was.

use super::markdown;
use crate::cell::{Cell, Mode};
use crate::client::ClientName;
use crate::results::Results;

const HEADINGS: [&str; 9] = [
    "server",
    "mode",
    "connections",
    "best peer",
    "aim, at most",
    "CPU ratio",
    "over the rounds",
    "aim, MiB",
    "peak MiB",
];

pub(super) fn table(results: &Results) -> String {
    let rows = results
        .cells()
        .into_iter()
        .filter_map(|cell| row(results, cell));
    markdown(HEADINGS, 4, rows.collect())
}

fn row(results: &Results, cell: Cell) -> Option<[String; 9]> {
    let here = (cell, ClientName::Loadgen);
    let (peer, ratio) = results.best_peer(cell)?;
    Some([
        cell.server.to_string(),
        cell.mode.text().to_owned(),
        cell.connections.to_string(),
        peer.to_string(),
        format!("{:.2}", most_cpu(cell.mode)),
        format!("{:.2}", ratio.median),
        format!("{:.2} to {:.2}", ratio.least, ratio.most),
        most_memory(cell.connections).map_or_else(String::new, |mib| mib.to_string()),
        format!(
            "{:.1}",
            results.spread(here, |sample| sample.peak_mib)?.most
        ),
    ])
}

/// The aim for loadgen's CPU per request, to that of the best peer.
fn most_cpu(mode: Mode) -> f64 {
    match mode {
        Mode::KeepAlive => 0.90,
        Mode::Close => 1.0,
    }
}

/// The aim for loadgen's memory, in MiB, where there is one for so many connections.
fn most_memory(connections: u32) -> Option<u32> {
    match connections {
        64 => Some(8),
        1000 => Some(24),
        _ => None,
    }
}
