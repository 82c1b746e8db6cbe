//! The best of all servers, kept up to date as their loads change.

use crate::model::{Candidate, RealServers, Slot};

/// Which of two servers a scheduler would rather take.
pub(in crate::model) trait Preference {
    /// Whether the server may be taken at all.
    fn accepts(&self, server: &Candidate) -> bool;

    /// Whether `one` is strictly better than `other`; both are accepted. It must be an order: the
    /// kernel's walk through its list, where a later server wins only if it is better than the best
    /// so far, then finds the same server as any other sequence of comparisons.
    fn prefers(&self, one: &Candidate, other: &Candidate) -> bool;
}

/// A knockout among all servers: after a load has changed only its own matches are played again.
///
/// Of equals the one with the higher slot wins, which is the first in the kernel's list.
#[derive(Debug)]
pub(in crate::model) struct Tournament<P> {
    preference: P,
    /// The winner of each match: the final at 1, the match after match n at n/2, the servers
    /// themselves from `leaves` on.
    winners: Vec<u32>,
    leaves: usize,
}

/// No server.
const NOBODY: u32 = u32::MAX;

impl<P: Preference> Tournament<P> {
    pub(in crate::model) fn new(preference: P) -> Self {
        Self {
            preference,
            winners: Vec::new(),
            leaves: 0,
        }
    }

    /// Another list: every match is played.
    pub(in crate::model) fn start(&mut self, servers: &RealServers) {
        self.leaves = servers.list().len().next_power_of_two();
        self.winners.clear();
        self.winners.resize(2 * self.leaves, NOBODY);
        for slot in 0..servers.list().len() {
            self.winners[self.leaves + slot] = self.entrant(servers, slot);
        }
        for game in (1..self.leaves).rev() {
            self.winners[game] = self.play(servers, game);
        }
    }

    /// One server has changed.
    pub(in crate::model) fn update(&mut self, servers: &RealServers, slot: Slot) {
        let mut game = self.leaves + slot;
        let entrant = self.entrant(servers, slot);
        let mut before = std::mem::replace(&mut self.winners[game], entrant);
        let changed = if entrant == NOBODY { before } else { entrant };
        while game > 1 {
            game /= 2;
            let after = self.play(servers, game);
            before = std::mem::replace(&mut self.winners[game], after);
            if after == before && after != changed {
                // Somebody else won here before and now: the changed server goes no further.
                return;
            }
        }
    }

    pub(in crate::model) fn winner(&self) -> Option<Slot> {
        let winner = *self.winners.get(1)?;
        (winner != NOBODY).then_some(winner as Slot)
    }

    fn entrant(&self, servers: &RealServers, slot: Slot) -> u32 {
        let accepted = self.preference.accepts(servers.at(slot));
        accepted
            .then(|| u32::try_from(slot).ok())
            .flatten()
            .unwrap_or(NOBODY)
    }

    fn play(&self, servers: &RealServers, game: usize) -> u32 {
        let (lower, higher) = (self.winners[2 * game], self.winners[2 * game + 1]);
        if higher == NOBODY {
            return lower;
        }
        if lower == NOBODY {
            return higher;
        }
        let (one, other) = (servers.at(lower as Slot), servers.at(higher as Slot));
        if self.preference.prefers(one, other) {
            lower
        } else {
            higher
        }
    }
}
