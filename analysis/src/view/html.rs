//! One page that needs nothing else: no network, no script.

use askama::Template;

use super::plot::Plot;
use super::words::{
    COLUMNS, LEGEND, ReadReason, Row, advised, facts, headline, reasons, rows, sign, subject,
    unknown,
};
use super::{View, ViewError};
use crate::figures::{count, latency, rate};
use crate::record::LatencyRecord;
use crate::{Record, Verdict};

/// The page `report.html`.
pub(super) struct Html;

/// What the page is filled with.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: String,
    columns: [&'static str; COLUMNS.len()],
    legend: &'static str,
    runs: Vec<Run<'a>>,
}

/// One record, in the words of the page.
struct Run<'a> {
    record: &'a Record,
    number: usize,
    sign: &'static str,
    subject: String,
    headline: String,
    reasons: Vec<ReadReason<'a>>,
    plot: Plot,
    rows: Vec<Row>,
    tiles: Vec<Tile>,
    advice: Vec<String>,
    facts: Vec<(&'static str, String)>,
}

/// One number that is seen at a glance.
struct Tile {
    value: String,
    name: &'static str,
}

impl View for Html {
    fn file_name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, records: &[Record]) -> Result<String, ViewError> {
        let page = Page {
            title: title(records),
            columns: COLUMNS,
            legend: LEGEND,
            runs: (1..)
                .zip(records)
                .map(|(number, record)| Run::of(number, record))
                .collect(),
        };
        Ok(page.render()?)
    }
}

fn title(records: &[Record]) -> String {
    match records {
        [record] => format!("{}: {}", record.experiment, record.verdict),
        _ => format!("{} runs", records.len()),
    }
}

impl<'a> Run<'a> {
    fn of(number: usize, record: &'a Record) -> Self {
        Self {
            record,
            number,
            sign: sign(record.verdict),
            subject: subject(record),
            headline: headline(record),
            reasons: reasons(record),
            plot: Plot::of(record),
            rows: rows(record),
            tiles: tiles(record),
            advice: record.advice.iter().map(advised).collect(),
            facts: facts(record),
        }
    }

    /// A passed run says its headline in the tile; another says it first among its reasons.
    fn passed(&self) -> bool {
        self.record.verdict == Verdict::Pass
    }
}

fn tiles(record: &Record) -> Vec<Tile> {
    let load = &record.load;
    let per_second = load.requests_per_second;
    let tile = |value: String, name: &'static str| Tile { value, name };
    let mut tiles = vec![
        tile(count(load.completed), "requests answered"),
        tile(count(load.failed), "requests failed"),
        tile(count(record.client_connections()), "connections"),
    ];
    tiles.extend(per_second.map(|per_second| tile(rate(per_second), "requests per second")));
    let us = |quantile: fn(&LatencyRecord) -> u64| {
        let value = load.latency_us.as_ref().map(quantile);
        value.map_or_else(unknown, latency)
    };
    tiles.push(tile(us(|latency| latency.p50), "median latency"));
    tiles.push(tile(us(|latency| latency.p99), "99th percentile"));
    tiles
}
