//! One real server a line, for spreadsheets and scripts.

use std::net::SocketAddr;

use csv::WriterBuilder;
use serde::Serialize;

use super::{View, ViewError};
use crate::record::{Record, ServerRecord};
use crate::{Share, Verdict};

/// Hits per real server. Unknown shares are empty.
pub(super) struct Csv;

/// One line; the names of the fields are the head.
#[derive(Serialize)]
struct Line<'a> {
    experiment: &'a str,
    verdict: Verdict,
    scheduler: &'a str,
    forwarding: String,
    server: &'a str,
    address: SocketAddr,
    weight: u32,
    configured_share: Option<Share>,
    expected_share: Option<Share>,
    observed_share: Option<Share>,
    observed_low: Option<Share>,
    observed_high: Option<Share>,
    client_requests: u64,
    client_connections: u64,
    server_requests: u64,
    server_connections: u64,
    kernel_connections: u64,
}

impl View for Csv {
    fn file_name(&self) -> &'static str {
        "hits.csv"
    }

    fn render(&self, records: &[Record]) -> Result<String, ViewError> {
        let mut writer = WriterBuilder::new().from_writer(Vec::new());
        for record in records {
            for server in &record.servers {
                writer.serialize(Line::of(record, server))?;
            }
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl<'a> Line<'a> {
    fn of(record: &'a Record, server: &'a ServerRecord) -> Self {
        Self {
            experiment: &record.experiment,
            verdict: record.verdict,
            scheduler: record.service.scheduler.name(),
            forwarding: record.service.forwarding.to_string(),
            server: &server.name,
            address: server.address,
            weight: server.weight.get(),
            configured_share: server.configured_share,
            expected_share: server.expected_share,
            observed_share: server.observed_share,
            observed_low: server.observed_interval.map(|interval| interval.low),
            observed_high: server.observed_interval.map(|interval| interval.high),
            client_requests: server.client_requests,
            client_connections: server.client_connections,
            server_requests: server.server_requests,
            server_connections: server.server_connections,
            kernel_connections: server.kernel_connections,
        }
    }
}
