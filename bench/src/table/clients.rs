//! What a request costs each client.

use super::markdown;
use crate::cell::Cell;
use crate::client::ClientName;
use crate::results::Results;
use crate::sample::Sample;
use crate::server::ServerName;

const HEADINGS: [&str; 9] = [
    "mode",
    "connections",
    "client",
    "µs/request",
    "of which user",
    "least to most",
    "requests/s",
    "peak MiB",
    "loadgen to it",
];

pub(super) fn table(results: &Results, server: ServerName) -> String {
    let mut rows = Vec::new();
    for cell in results
        .cells()
        .into_iter()
        .filter(|cell| cell.server == server)
    {
        rows.extend(
            ClientName::ALL
                .into_iter()
                .filter_map(|client| row(results, cell, client)),
        );
    }
    markdown(HEADINGS, 3, rows)
}

fn row(results: &Results, cell: Cell, client: ClientName) -> Option<[String; 9]> {
    let here = (cell, client);
    let cost = results.spread(here, Sample::client_us)?;
    let ours = results.ratio((cell, ClientName::Loadgen), here, Sample::client_us);
    Some([
        cell.mode.text().to_owned(),
        cell.connections.to_string(),
        client.to_string(),
        format!("{:.2}", cost.median),
        format!(
            "{:.2}",
            results.spread(here, |sample| sample.user_us)?.median
        ),
        format!("{:.2} to {:.2}", cost.least, cost.most),
        format!(
            "{:.0}",
            results.spread(here, Sample::requests_per_second)?.median
        ),
        format!(
            "{:.1}",
            results.spread(here, |sample| sample.peak_mib)?.most
        ),
        ours.map_or_else(String::new, |ratio| format!("{:.2}", ratio.median)),
    ])
}
