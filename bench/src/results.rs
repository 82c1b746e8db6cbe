//! Everything that was measured.

use serde::Serialize;

use crate::args::Args;
use crate::cell::Cell;
use crate::client::ClientName;
use crate::memory::Footprint;
use crate::sample::{Invalid, Sample};
use crate::statistics::Spread;

/// Samples in the order in which they were taken.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) rounds: u32,
    pub(crate) samples: Vec<Sample>,
    pub(crate) invalid: Vec<Invalid>,
    /// Clients and servers that were left out, with the remedy.
    pub(crate) left_out: Vec<String>,
    /// loadgen's memory by the number of requests.
    pub(crate) memory: Vec<Footprint>,
}

impl Results {
    pub(crate) fn new(args: &Args, left_out: Vec<String>) -> Self {
        Self {
            rounds: args.rounds(),
            samples: Vec::new(),
            invalid: Vec::new(),
            left_out,
            memory: Vec::new(),
        }
    }

    /// The cells that have samples, in order.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<_> = self.samples.iter().map(|sample| sample.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The samples of one client in one cell.
    pub(crate) fn of(&self, cell: Cell, client: ClientName) -> impl Iterator<Item = &Sample> {
        let wanted = move |sample: &&Sample| sample.cell == cell && sample.client == client;
        self.samples.iter().filter(wanted)
    }

    /// A figure over the rounds; none if there is no valid sample.
    pub(crate) fn spread(
        &self,
        (cell, client): (Cell, ClientName),
        figure: fn(&Sample) -> f64,
    ) -> Option<Spread> {
        Spread::of(self.of(cell, client).map(figure))
    }

    /// A figure here to the same figure there, round by round: what else the machine does changes
    /// from round to round and meets both. None if no round has both.
    pub(crate) fn ratio(
        &self,
        (cell, client): (Cell, ClientName),
        (other_cell, other_client): (Cell, ClientName),
        figure: fn(&Sample) -> f64,
    ) -> Option<Spread> {
        let mine = self.of(cell, client);
        Spread::of(mine.filter_map(|sample| {
            let mut theirs = self.of(other_cell, other_client);
            let other = theirs.find(|other| other.round == sample.round)?;
            Some(figure(sample) / figure(other))
        }))
    }

    /// The peer beside which loadgen looks worst, and loadgen's CPU per request to the peer's.
    pub(crate) fn best_peer(&self, cell: Cell) -> Option<(ClientName, Spread)> {
        let ours = (cell, ClientName::Loadgen);
        let peers = ClientName::ALL
            .into_iter()
            .filter(|client| client.is_peer());
        let ratios = peers
            .filter_map(|peer| Some((peer, self.ratio(ours, (cell, peer), Sample::client_us)?)));
        ratios.max_by(|a, b| a.1.median.total_cmp(&b.1.median))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cell::Mode;
    use crate::server::ServerName;

    const CELL: Cell = Cell {
        server: ServerName::Canned,
        mode: Mode::KeepAlive,
        connections: 64,
    };

    /// Samples of a round, a client and its CPU per request.
    fn results(samples: &[(u32, ClientName, f64)]) -> Results {
        let mut results = Results::new(&Args::parse_from(["bench"]), Vec::new());
        let samples = samples.iter().map(|&(round, client, us)| Sample {
            round,
            cell: CELL,
            client,
            requests: 1000,
            seconds: 0.1,
            user_us: 1.0,
            system_us: us - 1.0,
            peak_mib: 5.0,
            server_us: 4.0,
        });
        results.samples = samples.collect();
        results
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_a_round_without_the_other_has_none() {
        use ClientName::{Ab, Loadgen};
        let results = results(&[
            (1, Loadgen, 6.0),
            (1, Ab, 12.0),
            (2, Ab, 6.0),
            (2, Loadgen, 3.0),
            (3, Loadgen, 99.0),
        ]);
        let ratio = results.ratio((CELL, Loadgen), (CELL, Ab), Sample::client_us);
        let half = Spread {
            least: 0.5,
            median: 0.5,
            most: 0.5,
        };
        assert_eq!(ratio, Some(half));
    }

    #[test]
    fn loadgen_is_compared_with_the_cheapest_peer_and_not_with_references() {
        use ClientName::{Ab, Bare, Loadgen, Wrk};
        let results = results(&[
            (1, Loadgen, 6.0),
            (1, Ab, 8.0),
            (1, Wrk, 10.0),
            (1, Bare, 5.0),
        ]);
        let (peer, ratio) = results.best_peer(CELL).unwrap();
        assert_eq!((peer, ratio.median), (Ab, 0.75));
    }

    #[test]
    fn without_a_peer_there_is_nothing_to_compare_with() {
        assert_eq!(
            results(&[(1, ClientName::Loadgen, 6.0)]).best_peer(CELL),
            None
        );
    }
}
