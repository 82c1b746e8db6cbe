//! One real server a line, for spreadsheets and scripts.

use csv::WriterBuilder;
use serde::Serialize;

use super::super::{Outcome, ServerOutcome};
use crate::Share;

/// One line; the names of the fields are the head.
#[derive(Serialize)]
struct Line<'a> {
    scheduler: &'a str,
    server: &'a str,
    weight: u32,
    configured_share: Option<Share>,
    predicted_share: Share,
    exact: bool,
    interval_low: Option<Share>,
    interval_high: Option<Share>,
    least_share: Share,
    greatest_share: Share,
}

/// Every real server. Unknown shares are empty.
pub fn csv(outcome: &Outcome) -> Result<String, csv::Error> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for server in &outcome.servers {
        writer.serialize(line(outcome, server))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line<'a>(outcome: &'a Outcome, server: &'a ServerOutcome) -> Line<'a> {
    Line {
        scheduler: &outcome.plan.scheduler,
        server: &server.name,
        weight: server.weight,
        configured_share: server.configured_share,
        predicted_share: server.predicted_share,
        exact: server.exact,
        interval_low: server.interval.map(|interval| interval.low),
        interval_high: server.interval.map(|interval| interval.high),
        least_share: server.range.low,
        greatest_share: server.range.high,
    }
}
