//! What is printed at the end: Markdown, as it stands in `docs/benchmarks.md`.

mod aims;
mod clients;
mod memory;
mod servers;

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, Table, presets};

use crate::results::Results;

/// All tables, and what was not measured.
pub(crate) fn all(results: &Results) -> String {
    let servers: BTreeSet<_> = results.cells().iter().map(|cell| cell.server).collect();
    let mut parts: Vec<String> = Vec::new();
    for server in servers {
        parts.push(format!(
            "Client CPU per request against {server}, median of {} rounds (least to most):\n\n{}",
            results.rounds,
            clients::table(results, server)
        ));
    }
    parts.push(format!(
        "loadgen beside its best peer:\n\n{}",
        aims::table(results)
    ));
    if let Some(servers) = servers::table(results) {
        parts.push(format!("Servers on one core:\n\n{servers}"));
    }
    if !results.memory.is_empty() {
        parts.push(format!("loadgen's memory:\n\n{}", memory::table(results)));
    }
    parts.extend(
        results
            .left_out
            .iter()
            .map(|what| format!("Left out: {what}")),
    );
    parts.extend(
        results
            .invalid
            .iter()
            .map(|invalid| format!("Invalid: {invalid}")),
    );
    parts.join("\n\n")
}

/// A table whose columns after the first `words` are numbers.
fn markdown<const N: usize>(headings: [&str; N], words: usize, rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(headings);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
