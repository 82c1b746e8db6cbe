//! lblc: each destination keeps the server that it got first, unless that has too much to do.

use super::locality::{LocalityCache, Newcomer};
use super::weighted_least_connection::WeightedLeastConnection;
use super::{Arrival, KernelVersion, ListChange, Model, RealServers, ServerId, Slot};

/// `net/netfilter/ipvs/ip_vs_lblc.c`, Linux 6.1 to 7.2: the remembered server if it is listed, has a
/// weight and no more open connections than that, or nobody has less than half; else as wlc, which
/// is then remembered. A remembered server may be overloaded by its thresholds.
#[derive(Debug)]
pub(super) struct LocalityBased {
    cache: LocalityCache<ServerId>,
    newcomer: Newcomer,
}

impl LocalityBased {
    pub(super) fn new(kernel: KernelVersion) -> Self {
        Self {
            cache: LocalityCache::new(kernel),
            newcomer: Newcomer::new(WeightedLeastConnection::of_kernel(kernel)),
        }
    }

    fn remembered(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        let id = *self.cache.use_entry(arrival.destination, arrival.at)?;
        let slot = servers.slot_of(id)?;
        let usable = servers.at(slot).weight.get() > 0;
        (usable && !self.newcomer.is_wanted_instead_of(servers, slot)).then_some(slot)
    }
}

impl Model for LocalityBased {
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        if let Some(slot) = self.remembered(servers, arrival) {
            return Some(slot);
        }
        let slot = self.newcomer.best(servers)?;
        let id = servers.at(slot).id;
        let known = self.cache.use_entry(arrival.destination, arrival.at);
        if known.copied() != Some(id) {
            self.cache.remember(arrival.destination, id, arrival.at);
        }
        Some(slot)
    }

    fn list_changed(&mut self, servers: &RealServers, change: ListChange) {
        self.newcomer.list_changed(servers, change);
    }

    fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        self.newcomer.load_changed(servers, slot);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    /// Seen on Linux 6.1: 30 held connections to one VIP at weights 4, 3, 2 gave 23, 4, 3 to the
    /// servers; which of them got the 23 was not noted.
    #[test]
    fn one_destination_stays_until_its_server_has_more_than_its_weight() {
        let held = Bench::of("lblc", &[4, 3, 2]).held(30);
        assert_eq!(held.iter().sum::<u32>(), 30);
        assert!(held.contains(&23), "{held:?}");
    }

    #[test]
    fn destinations_have_servers_of_their_own() {
        let mut bench = Bench::of("lblc", &[1, 1]);
        let first = bench.open_to(1);
        let second = bench.open_to(2);
        assert_ne!(first, second);
        assert_eq!((bench.open_to(1), bench.open_to(2)), (first, second));
    }
}
