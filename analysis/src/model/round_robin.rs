//! rr: one after the other.

use super::index::OrderedSet;
use super::{Arrival, ListChange, Model, RealServers, Slot};

/// `net/netfilter/ipvs/ip_vs_rr.c`, Linux 6.1 to 7.2: go on from the server picked last, skip what
/// has weight 0 or is overloaded.
#[derive(Debug)]
pub(super) struct RoundRobin {
    /// The server picked last (`svc->sched_data`); `None` is the head of the list.
    last: Option<Slot>,
    eligible: OrderedSet,
}

impl RoundRobin {
    /// At the head of the list (`ip_vs_rr_init_svc`); adding a server moves nothing.
    pub(super) fn new() -> Self {
        Self {
            last: None,
            eligible: OrderedSet::with_room(0),
        }
    }
}

impl Model for RoundRobin {
    fn pick(&mut self, servers: &RealServers, _: &Arrival) -> Option<Slot> {
        let head = servers.list().len();
        let picked = self
            .eligible
            .below(self.last.unwrap_or(head))
            .or_else(|| self.eligible.below(head))?;
        self.last = Some(picked);
        Some(picked)
    }

    fn list_changed(&mut self, servers: &RealServers, change: ListChange) {
        if let ListChange::Removed(gone) = change {
            // The server before a removed one in the kernel's list has the slot above it, which
            // has just become the removed one's; before the first is the head.
            self.last = match self.last {
                Some(last) if last == gone && gone == servers.list().len() => None,
                Some(last) if last > gone => Some(last - 1),
                last => last,
            };
        }
        self.eligible = OrderedSet::with_room(servers.list().len());
        for (slot, server) in servers.list().iter().enumerate() {
            self.eligible.set(slot, server.is_eligible());
        }
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        self.eligible.set(slot, servers.at(slot).is_eligible());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn the_server_added_last_is_picked_first_and_weight_0_never() {
        let mut bench = Bench::of("rr", &[1, 0, 9]);
        assert_eq!(bench.serial(5), [2, 0, 2, 0, 2]);
    }

    #[test]
    fn no_eligible_server_refuses() {
        assert_eq!(Bench::of("rr", &[0, 0]).pick(), None);
        assert_eq!(Bench::of("rr", &[]).pick(), None);
    }

    #[test]
    fn after_a_removal_it_goes_on_before_the_removed_server() {
        let mut bench = Bench::of("rr", &[1, 1, 1, 1]);
        assert_eq!(bench.serial(2), [3, 2]);
        bench.remove(2);
        assert_eq!(bench.serial(3), [1, 0, 3]);
        bench.remove(3);
        assert_eq!(bench.serial(2), [1, 0]);
    }
}
