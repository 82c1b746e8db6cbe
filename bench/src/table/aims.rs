//! What was to be reached, and what was.

use super::markdown;
use crate::cell::{Cell, Mode};
use crate::client::ClientName;
use crate::results::Results;
use crate::sample::Sample;
use crate::statistics::Spread;

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
    let (peer, best) = results.best_peer(cell)?;
    let ours = results.spread(here, Sample::client_us)?.median;
    let by_round = ratios(results, cell, peer)?;
    Some([
        cell.server.to_string(),
        cell.mode.text().to_owned(),
        cell.connections.to_string(),
        peer.to_string(),
        format!("{:.2}", most_cpu(cell.mode)),
        format!("{:.2}", ours / best),
        format!("{:.2} to {:.2}", by_round.least, by_round.most),
        most_memory(cell.connections).map_or_else(String::new, |mib| mib.to_string()),
        format!(
            "{:.1}",
            results.spread(here, |sample| sample.peak_mib)?.most
        ),
    ])
}

/// loadgen's CPU per request to the peer's, round by round.
fn ratios(results: &Results, cell: Cell, peer: ClientName) -> Option<Spread> {
    let ours = results.of(cell, ClientName::Loadgen);
    Spread::of(ours.filter_map(|sample| {
        let theirs = results
            .of(cell, peer)
            .find(|other| other.round == sample.round)?;
        Some(sample.client_us() / theirs.client_us())
    }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use crate::server::ServerName;
    use clap::Parser;

    const CELL: Cell = Cell {
        server: ServerName::Canned,
        mode: Mode::KeepAlive,
        connections: 64,
    };

    fn sample(round: u32, client: ClientName, system_us: f64) -> Sample {
        Sample {
            round,
            cell: CELL,
            client,
            requests: 1000,
            seconds: 0.1,
            user_us: 1.0,
            system_us,
            peak_mib: 5.0,
            server_us: 4.0,
        }
    }

    fn results(samples: Vec<Sample>) -> Results {
        let mut results = Results::new(&Args::parse_from(["bench"]), Vec::new());
        results.samples = samples;
        results
    }

    #[test]
    fn loadgen_is_compared_with_the_cheapest_peer_and_not_with_references() {
        let results = results(vec![
            sample(1, ClientName::Loadgen, 5.0),
            sample(1, ClientName::Ab, 7.0),
            sample(1, ClientName::Wrk, 9.0),
            sample(1, ClientName::Bare, 4.0),
        ]);
        let row = row(&results, CELL).unwrap();
        assert_eq!(
            row[3..7],
            ["ab", "0.90", "0.75", "0.75 to 0.75"].map(str::to_owned)
        );
        assert_eq!(row[7..], ["8", "5.0"].map(str::to_owned));
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_a_round_without_the_peer_has_none() {
        let results = results(vec![
            sample(1, ClientName::Loadgen, 5.0),
            sample(1, ClientName::Ab, 11.0),
            sample(2, ClientName::Ab, 5.0),
            sample(2, ClientName::Loadgen, 2.0),
            sample(3, ClientName::Loadgen, 99.0),
        ]);
        let spread = ratios(&results, CELL, ClientName::Ab).unwrap();
        assert_eq!((spread.least, spread.most), (0.5, 0.5));
    }

    #[test]
    fn without_a_peer_there_is_nothing_to_compare_with() {
        assert_eq!(
            row(&results(vec![sample(1, ClientName::Loadgen, 5.0)]), CELL),
            None
        );
    }
}
