//! For a terminal.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::words::{facts, headline, subject};
use crate::figures::{count, signed_points};
use crate::simulate::{Outcome, ServerOutcome};
use crate::{Interval, Share};

/// Labels stand in a column of their own.
const LABEL_WIDTH: usize = 9;
/// With more real servers than this only those furthest from their weights are shown.
const MOST_SERVERS: usize = 20;
/// So many of them.
const FURTHEST: usize = 10;
const UNKNOWN: &str = "–";
const COLUMNS: [&str; 6] = [
    "real server",
    "weight",
    "by weight",
    "predicted",
    "interval",
    "difference",
];
const LEGEND: &str =
    "Shares are of connections that are not refused, differences in percentage points.";
/// Nothing but a line under the head.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A section of text.
pub fn text(outcome: &Outcome) -> String {
    let mut lines = vec![
        format!("{}: {}", subject(&outcome.plan), headline(outcome)),
        String::new(),
    ];
    let table = table(&shown(outcome));
    lines.extend(table.lines().map(|line| line.trim_end().to_owned()));
    lines.extend(others(outcome));
    lines.extend([LEGEND.to_owned(), String::new()]);
    let facts = facts(outcome);
    lines.extend(
        facts
            .iter()
            .map(|(label, fact)| format!("{label:LABEL_WIDTH$}{fact}")),
    );
    lines.join("\n") + "\n"
}

/// All servers in their order; of many, the furthest from their weights first.
fn shown(outcome: &Outcome) -> Vec<&ServerOutcome> {
    let mut servers: Vec<_> = outcome.servers.iter().collect();
    if servers.len() > MOST_SERVERS {
        let distance = |one: &ServerOutcome| one.difference().unwrap_or_default().abs();
        servers.sort_by(|one, other| distance(other).total_cmp(&distance(one)));
        servers.truncate(FURTHEST);
    }
    servers
}

fn others(outcome: &Outcome) -> Option<String> {
    let servers = &outcome.servers;
    if servers.len() <= MOST_SERVERS {
        return None;
    }
    let least = servers
        .iter()
        .map(|one| one.predicted_share.get())
        .fold(1.0, f64::min);
    let most = servers
        .iter()
        .map(|one| one.predicted_share.get())
        .fold(0.0, f64::max);
    Some(format!(
        "These {FURTHEST} of {} are the furthest from their weights; predicted shares lie between {} and {}.",
        count(servers.len() as u64),
        percent(least),
        percent(most)
    ))
}

fn table(servers: &[&ServerOutcome]) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(COLUMNS);
    for server in servers {
        table.add_row(row(server));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn row(server: &ServerOutcome) -> [String; COLUMNS.len()] {
    let unknown = || UNKNOWN.to_owned();
    let interval = |interval: Interval| {
        if server.exact {
            "exact".to_owned()
        } else {
            format!(
                "{} to {}",
                percent(interval.low.get()),
                percent(interval.high.get())
            )
        }
    };
    let share = |share: Share| percent(share.get());
    [
        server.name.clone(),
        count(server.weight.into()),
        server.configured_share.map_or_else(unknown, share),
        share(server.predicted_share),
        server.interval.map_or_else(unknown, interval),
        server.difference().map_or_else(unknown, signed_points),
    ]
}

/// With more decimals for shares of many servers.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 {
        format!("{percent:.4} %")
    } else {
        format!("{percent:.2} %")
    }
}
