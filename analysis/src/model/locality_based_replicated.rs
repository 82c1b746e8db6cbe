//! lblcr: each destination has a set of servers, which grows when they have too much to do.

use std::time::Duration;

use super::index::Preference;
use super::locality::{EXPIRATION, LocalityCache, Newcomer};
use super::overhead::is_less_for_its_weight;
use super::weighted_least_connection::WeightedLeastConnection;
use super::{Arrival, Candidate, KernelVersion, ListChange, Model, RealServers, ServerId, Slot};

/// `net/netfilter/ipvs/ip_vs_lblcr.c`, Linux 6.1 to 7.2: the least loaded of the destination's set,
/// if it has no more open connections than its weight, or nobody has less than half; else as wlc,
/// which joins the set. A set that has not changed for a day loses its most loaded member.
#[derive(Debug)]
pub(super) struct Replicated {
    cache: LocalityCache<ServerSet>,
    newcomer: Newcomer,
    order: WeightedLeastConnection,
}

/// `struct ip_vs_dest_set`.
#[derive(Debug)]
struct ServerSet {
    /// In the order of joining; the kernel walks from the last to the first.
    members: Vec<ServerId>,
    last_change: Duration,
}

impl Replicated {
    pub(super) fn new(kernel: KernelVersion) -> Self {
        let order = WeightedLeastConnection::of_kernel(kernel);
        Self {
            cache: LocalityCache::new(kernel),
            newcomer: Newcomer::new(order),
            order,
        }
    }
}

impl ServerSet {
    fn of(first: ServerId, now: Duration) -> Self {
        Self {
            members: vec![first],
            last_change: now,
        }
    }

    fn join(&mut self, id: ServerId, now: Duration) {
        if !self.members.contains(&id) {
            self.members.push(id);
            self.last_change = now;
        }
    }

    /// `ip_vs_dest_set_min`.
    fn least_loaded(&self, servers: &RealServers, order: WeightedLeastConnection) -> Option<Slot> {
        let members = self.members.iter().rev();
        let slots = members.filter_map(|&id| servers.slot_of(id));
        let usable = slots.filter(|&slot| servers.at(slot).is_eligible());
        usable.reduce(|least, slot| {
            if order.prefers(servers.at(slot), servers.at(least)) {
                slot
            } else {
                least
            }
        })
    }

    /// `ip_vs_dest_set_max` and `ip_vs_dest_set_erase`. Removed and overloaded servers count here.
    fn drop_most_loaded(
        &mut self,
        servers: &RealServers,
        order: WeightedLeastConnection,
        now: Duration,
    ) {
        let load = |server: &Candidate| (order.overhead.of(server), server.weight.get());
        let members = self.members.iter().rev();
        let weighty = members.filter(|&&id| servers.get(id).weight.get() > 0);
        let most = weighty.copied().reduce(|most, id| {
            if is_less_for_its_weight(load(servers.get(most)), load(servers.get(id))) {
                id
            } else {
                most
            }
        });
        if let Some(most) = most {
            self.members.retain(|&id| id != most);
            self.last_change = now;
        }
    }
}

impl Model for Replicated {
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        let (destination, now) = (arrival.destination, arrival.at);
        let Some(set) = self.cache.use_entry(destination, now) else {
            let slot = self.newcomer.best(servers)?;
            let set = ServerSet::of(servers.at(slot).id, now);
            self.cache.remember(destination, set, now);
            return Some(slot);
        };
        let picked = set.least_loaded(servers, self.order);
        if set.members.len() > 1 && now > set.last_change.saturating_add(EXPIRATION) {
            set.drop_most_loaded(servers, self.order, now);
        }
        if let Some(slot) = picked
            && !self.newcomer.is_wanted_instead_of(servers, slot)
        {
            return Some(slot);
        }
        let slot = self.newcomer.best(servers)?;
        set.join(servers.at(slot).id, now);
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

    /// Seen on Linux 6.1: 30 held connections to one VIP at weights 4, 3, 2 gave 13, 10, 7.
    #[test]
    fn the_set_of_one_destination_grows_to_all_servers() {
        let mut held = Bench::of("lblcr", &[4, 3, 2]).held(30);
        held.sort_unstable();
        assert_eq!(held, [7, 10, 13]);
    }
}
