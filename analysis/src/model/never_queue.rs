//! nq: an idle server first, whatever its weight.

use super::index::OrderedSet;
use super::shortest_expected_delay::ShortestExpectedDelay;
use super::tournament_model::TournamentModel;
use super::{Arrival, Candidate, ListChange, Model, RealServers, Slot};

/// `net/netfilter/ipvs/ip_vs_nq.c`, Linux 6.1 to 7.2: the first in the list without an open
/// connection; if there is none, as sed.
#[derive(Debug)]
pub(super) struct NeverQueue {
    idle: OrderedSet,
    busy: TournamentModel<ShortestExpectedDelay>,
}

impl NeverQueue {
    pub(super) fn new() -> Self {
        Self {
            idle: OrderedSet::with_room(0),
            busy: TournamentModel::new(ShortestExpectedDelay),
        }
    }
}

fn is_idle(server: &Candidate) -> bool {
    server.is_eligible() && server.active == 0
}

impl Model for NeverQueue {
    fn pick(&mut self, servers: &RealServers, _: &Arrival) -> Option<Slot> {
        let idle = self.idle.below(servers.list().len());
        idle.or_else(|| self.busy.best(servers))
    }

    fn list_changed(&mut self, servers: &RealServers, change: ListChange) {
        self.idle = OrderedSet::with_room(servers.list().len());
        for (slot, server) in servers.list().iter().enumerate() {
            self.idle.set(slot, is_idle(server));
        }
        self.busy.list_changed(servers, change);
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        self.idle.set(slot, is_idle(servers.at(slot)));
        self.busy.load_changed(servers, slot);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn one_connection_at_a_time_always_goes_to_the_server_added_last() {
        assert_eq!(Bench::of("nq", &[1, 4, 2]).serial(6), [2; 6]);
    }

    #[test]
    fn each_server_gets_one_before_any_gets_a_second_by_sed() {
        let mut bench = Bench::of("nq", &[4, 1]);
        assert_eq!(bench.held(2), [1, 1]);
        assert_eq!(bench.held(4), [5, 1]);
    }
}
