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

    /// The peer with the least median CPU per request.
    pub(crate) fn best_peer(&self, cell: Cell) -> Option<(ClientName, f64)> {
        let peers = ClientName::ALL
            .into_iter()
            .filter(|client| client.is_peer());
        let medians = peers.filter_map(|peer| {
            let spread = self.spread((cell, peer), Sample::client_us)?;
            Some((peer, spread.median))
        });
        medians.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}
