//! sh: the client's address decides.

use director_setup::{ServiceFlags, Weight};

use super::hash::{fold, hash_32};
use super::{Arrival, ListChange, Model, RealServers, Slot};

/// `IP_VS_SH_TAB_BITS` of `ip_vs_sh.c`.
const TABLE_BITS: u32 = 8;
/// `IP_VS_SH_TAB_SIZE`.
pub(super) const BUCKETS: usize = 1 << TABLE_BITS;

/// `net/netfilter/ipvs/ip_vs_sh.c`, Linux 4.18 to 7.2 (before that, another hash): a table of 256
/// buckets, dealt out once around the list, each server as many in a row as its weight.
#[derive(Debug)]
pub(super) struct SourceHashing {
    flags: ServiceFlags,
    /// By bucket; empty without servers.
    table: Vec<Slot>,
    stale: bool,
}

impl SourceHashing {
    pub(super) fn new(flags: ServiceFlags) -> Self {
        Self {
            flags,
            table: Vec::new(),
            stale: false,
        }
    }

    /// The bucket of a client (`ip_vs_sh_hashkey` with offset 0). `sh-port` adds the port to the
    /// address before hashing.
    fn bucket(&self, arrival: &Arrival) -> usize {
        let has_port = self.flags.contains(ServiceFlags::SH_PORT);
        let port = if has_port { arrival.client.port() } else { 0 };
        let key = fold(arrival.client.ip()).wrapping_add(port.into());
        hash_32(key, TABLE_BITS) as usize
    }
}

/// Which slot each bucket belongs to (`ip_vs_sh_reassign`). A server of weight 0 takes one too.
pub(super) fn deal_out(servers: &RealServers) -> Vec<Slot> {
    let order = servers.kernel_order().collect::<Vec<_>>();
    let in_rounds = order.iter().cycle();
    in_rounds
        .flat_map(|(slot, server)| {
            let buckets = server.weight.max(Weight::ONE).get() as usize;
            std::iter::repeat_n(*slot, buckets.min(BUCKETS))
        })
        .take(BUCKETS)
        .collect()
}

/// The slot that takes the clients of a bucket, if its own server may not, with `sh-fallback`
/// (`ip_vs_sh_get` and `ip_vs_sh_get_fallback`).
fn available(
    servers: &RealServers,
    table: &[Slot],
    bucket: usize,
    flags: ServiceFlags,
) -> Option<Slot> {
    let slot = *table.get(bucket)?;
    if servers.at(slot).is_eligible() {
        return Some(slot);
    }
    if !flags.contains(ServiceFlags::SH_FALLBACK) {
        return None;
    }
    // The kernel starts its search at twice the bucket: the offset is added to the hash.
    (0..BUCKETS)
        .map(|offset| table[(bucket + (offset + bucket) % BUCKETS) % BUCKETS])
        .find(|&slot| servers.at(slot).is_eligible())
}

/// Which slot takes the clients of each bucket; `None` for one that refuses them.
pub(super) fn owners(servers: &RealServers, flags: ServiceFlags) -> Vec<Option<Slot>> {
    let table = deal_out(servers);
    let buckets = 0..table.len();
    buckets
        .map(|bucket| available(servers, &table, bucket, flags))
        .collect()
}

impl Model for SourceHashing {
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        if std::mem::take(&mut self.stale) {
            self.table = deal_out(servers);
        }
        available(servers, &self.table, self.bucket(arrival), self.flags)
    }

    fn list_changed(&mut self, _: &RealServers, _: ListChange) {
        self.stale = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;
    use super::*;

    fn buckets(numbers: &[u16]) -> Vec<usize> {
        let bench = Bench::of("sh", numbers);
        let table = deal_out(&bench.servers);
        let count = |slot| table.iter().filter(|&&one| one == slot).count();
        (0..numbers.len()).map(count).collect()
    }

    #[test]
    fn weights_4_3_2_get_112_86_58_buckets() {
        assert_eq!(buckets(&[4, 3, 2]), [112, 86, 58]);
    }

    /// Seen on Linux 6.1: sh-port with weights 1 and 300, in this order, gave 0 : 14,969.
    #[test]
    fn weights_beyond_256_starve_the_servers_added_first() {
        assert_eq!(buckets(&[1, 300]), [0, 256]);
        assert_eq!(buckets(&[300, 1]), [255, 1]);
        assert_eq!(buckets(&[100, 200, 300]), [0, 0, 256]);
    }

    #[test]
    fn weight_0_keeps_a_bucket_and_its_clients_are_refused() {
        assert_eq!(buckets(&[1, 0]), [128, 128]);
        let mut bench = Bench::of("sh", &[1, 0]);
        let picks: Vec<_> = (0..50).map(|_| bench.pick_of_new_client()).collect();
        assert!(
            picks.contains(&None) && picks.contains(&Some(0)),
            "{picks:?}"
        );
    }

    #[test]
    fn with_fallback_nobody_is_refused() {
        let mut bench = Bench::with_flags("sh", &[1, 0, 0], ServiceFlags::SH_FALLBACK);
        for _ in 0..50 {
            assert_eq!(bench.pick_of_new_client(), Some(0));
        }
    }
}
