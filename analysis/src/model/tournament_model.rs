//! Schedulers that take the best server of all by some order.

use super::index::{Preference, Tournament};
use super::{Arrival, ListChange, Model, RealServers, Slot};

/// A scheduler that always takes the winner.
#[derive(Debug)]
pub(super) struct TournamentModel<P> {
    tournament: Tournament<P>,
    /// Whether the list has changed since the matches were played.
    stale: bool,
}

impl<P: Preference> TournamentModel<P> {
    pub(super) fn new(preference: P) -> Self {
        Self {
            tournament: Tournament::new(preference),
            stale: false,
        }
    }

    /// The best server; the first in the kernel's list among equals.
    pub(super) fn best(&mut self, servers: &RealServers) -> Option<Slot> {
        if std::mem::take(&mut self.stale) {
            self.tournament.start(servers);
        }
        self.tournament.winner()
    }
}

impl<P: Preference> Model for TournamentModel<P> {
    fn pick(&mut self, servers: &RealServers, _: &Arrival) -> Option<Slot> {
        self.best(servers)
    }

    fn list_changed(&mut self, _: &RealServers, _: ListChange) {
        self.stale = true;
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        if !self.stale {
            self.tournament.update(servers, slot);
        }
    }
}
