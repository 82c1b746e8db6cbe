//! dh: the address that the client asked for decides.

use super::hash::{fold, hash_32};
use super::{Arrival, ListChange, Model, RealServers, Slot};

/// `IP_VS_DH_TAB_BITS` of `ip_vs_dh.c`.
const TABLE_BITS: u32 = 8;

/// `net/netfilter/ipvs/ip_vs_dh.c`, Linux 4.7 to 7.2: a table of 256 buckets, dealt out one by one
/// around the list, whatever the weights. A server of weight 0, or an overloaded one, refuses the
/// destinations of its buckets.
#[derive(Debug, Default)]
pub(super) struct DestinationHashing;

impl DestinationHashing {
    pub(super) fn new() -> Self {
        Self
    }
}

/// Bucket after bucket goes to server after server of the kernel's list; `None` without servers.
pub(super) fn slot(bucket: usize, servers: usize) -> Option<Slot> {
    Some(servers.checked_sub(1)? - bucket % servers)
}

fn available(servers: &RealServers, bucket: usize) -> Option<Slot> {
    let slot = slot(bucket, servers.list().len())?;
    servers.at(slot).is_eligible().then_some(slot)
}

/// Which slot takes the destinations of each bucket; `None` for one that refuses them.
pub(super) fn owners(servers: &RealServers) -> Vec<Option<Slot>> {
    if servers.list().is_empty() {
        return Vec::new();
    }
    let buckets = 0..1 << TABLE_BITS;
    buckets.map(|bucket| available(servers, bucket)).collect()
}

impl Model for DestinationHashing {
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        let bucket = hash_32(fold(arrival.destination), TABLE_BITS) as usize;
        available(servers, bucket)
    }

    fn list_changed(&mut self, _: &RealServers, _: ListChange) {}
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;

    #[test]
    fn one_destination_always_has_the_same_server() {
        let mut bench = Bench::of("dh", &[1, 9]);
        let first = bench.pick_of_new_client();
        for _ in 0..20 {
            assert_eq!(bench.pick_of_new_client(), first);
        }
    }

    #[test]
    fn a_server_of_weight_0_refuses() {
        assert_eq!(Bench::of("dh", &[0]).pick(), None);
        assert_eq!(Bench::of("dh", &[]).pick(), None);
    }
}
