//! mh: the client's address decides, through a table that changes little when servers do.

use std::net::{IpAddr, SocketAddr};

use director_setup::{ServiceFlags, Weight};

use super::cycle::greatest_common_divisor;
use super::hash::{fold, hsiphash};
use super::{Arrival, Candidate, ListChange, Model, RealServers, ServerId, Slot};

/// The keys of `generate_hash_secret` in `ip_vs_mh.c`.
const FIRST_KEY: u64 = 2_654_435_761;
const SECOND_KEY: u64 = 2_654_446_892;

/// The sizes that a kernel can be built with, by `CONFIG_IP_VS_MH_TAB_INDEX` from 8 on (`primes` in
/// `ip_vs_mh.c`).
pub const MAGLEV_TABLE_SIZES: [u32; 10] = [
    251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071,
];

/// The size of the lookup table, one of [`MAGLEV_TABLE_SIZES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaglevTableSize {
    /// `CONFIG_IP_VS_MH_TAB_INDEX` less 8.
    index: u8,
}

impl MaglevTableSize {
    /// The table of so many entries; `None` if no kernel has one.
    pub fn of(entries: u32) -> Option<Self> {
        let index = MAGLEV_TABLE_SIZES
            .iter()
            .position(|&size| size == entries)?;
        Some(Self {
            index: u8::try_from(index).ok()?,
        })
    }

    /// Entries of the table.
    pub const fn entries(self) -> u32 {
        MAGLEV_TABLE_SIZES[self.index as usize]
    }

    /// The bits that a weight is cut to (`IP_VS_MH_TAB_BITS`): half of the configured number.
    const fn weight_bits(self) -> u32 {
        u32::midpoint(self.index as u32, 8)
    }
}

impl Default for MaglevTableSize {
    /// 4093, the default of `net/netfilter/ipvs/Kconfig`.
    fn default() -> Self {
        Self { index: 4 }
    }
}

/// `net/netfilter/ipvs/ip_vs_mh.c`, Linux 4.18 to 7.2, on a 64-bit kernel: Google's Maglev hashing.
///
/// In turns each server takes the next free entry of its own permutation of the table, as many in
/// one turn as its weight says, cut to six bits. A server that gets weight 0 keeps its entries.
#[derive(Debug)]
pub(super) struct Maglev {
    flags: ServiceFlags,
    size: MaglevTableSize,
    /// By entry; empty without servers.
    table: Vec<ServerId>,
    stale: bool,
}

impl Maglev {
    pub(super) fn new(flags: ServiceFlags, size: MaglevTableSize) -> Self {
        Self {
            flags,
            size,
            table: Vec::new(),
            stale: false,
        }
    }

    /// `ip_vs_mh_hashkey` of a client.
    fn entry(&self, arrival: &Arrival, offset: u32) -> usize {
        let has_port = self.flags.contains(ServiceFlags::MH_PORT);
        let port = if has_port { arrival.client.port() } else { 0 };
        let hash = hash(arrival.client.ip(), port, offset, FIRST_KEY);
        (hash % self.size.entries()) as usize
    }

    fn available(&self, servers: &RealServers, entry: usize) -> Option<Slot> {
        let slot = servers.slot_of(self.table[entry])?;
        servers.at(slot).is_eligible().then_some(slot)
    }
}

fn hash(address: IpAddr, port: u16, offset: u32, key: u64) -> u32 {
    let value = offset.wrapping_add(port.into()).wrapping_add(fold(address));
    hsiphash(value, key)
}

/// One server while the table is filled (`struct ip_vs_mh_dest_setup`).
struct Setup {
    id: ServerId,
    next: u32,
    skip: u32,
    turns: u32,
}

/// The table over these servers, given by slot (`ip_vs_mh_permutate` and `ip_vs_mh_populate`).
pub(super) fn populate(list: &[Candidate], size: MaglevTableSize) -> Vec<ServerId> {
    let weights: Vec<_> = list.iter().map(|server| server.last_weight).collect();
    let entries = size.entries();
    let setup = |(server, turns): (&Candidate, u32)| Setup {
        id: server.id,
        next: hash_of(server.address, FIRST_KEY) % entries,
        skip: hash_of(server.address, SECOND_KEY) % (entries - 1) + 1,
        turns,
    };
    let turns = maglev_turns(&weights, size);
    // The kernel's order; who was added with weight 0 and never had another takes no part.
    let mut setups: Vec<_> = list.iter().zip(turns).rev().map(setup).collect();
    setups.retain(|setup| setup.turns > 0);
    if setups.is_empty() {
        return Vec::new();
    }
    fill(&mut setups, entries)
}

/// How many entries in a row each server takes in one turn: its weight over the greatest common
/// divisor, cut to six bits with the default table, and at least 1 unless it is 0
/// (`ip_vs_mh_gcd_weight` and `ip_vs_mh_shift_weight`).
pub fn maglev_turns(weights: &[Weight], size: MaglevTableSize) -> Vec<u32> {
    let divisor = greatest_common_divisor(weights.iter().copied()).max(1);
    let greatest = weights.iter().max().map_or(0, |weight| weight.get()) / divisor;
    let shift = (u32::BITS - greatest.leading_zeros()).saturating_sub(size.weight_bits());
    let turns = weights.iter().map(|weight| match weight.get() {
        0 => 0,
        weight => ((weight / divisor) >> shift).max(1),
    });
    turns.collect()
}

/// Which slot takes the clients of each entry; `None` for one that refuses them. Servers beyond
/// the size of the table have no entry.
pub(super) fn owners(servers: &RealServers, size: MaglevTableSize) -> Vec<Option<Slot>> {
    let list = servers.list();
    let fitting = list.len().min(size.entries() as usize);
    let table = populate(&list[..fitting], size);
    let owner = |id: &ServerId| {
        let slot = servers.slot_of(*id)?;
        servers.at(slot).is_eligible().then_some(slot)
    };
    table.iter().map(owner).collect()
}

fn hash_of(server: SocketAddr, key: u64) -> u32 {
    hash(server.ip(), server.port(), 0, key)
}

fn fill(setups: &mut [Setup], entries: u32) -> Vec<ServerId> {
    let mut table = vec![None; entries as usize];
    let mut free = entries;
    loop {
        for setup in &mut *setups {
            for _ in 0..setup.turns {
                while table[setup.next as usize].is_some() {
                    setup.next = (setup.next + setup.skip) % entries;
                }
                table[setup.next as usize] = Some(setup.id);
                free -= 1;
                if free == 0 {
                    return table.into_iter().flatten().collect();
                }
            }
        }
    }
}

impl Model for Maglev {
    fn pick(&mut self, servers: &RealServers, arrival: &Arrival) -> Option<Slot> {
        if std::mem::take(&mut self.stale) {
            self.table = populate(servers.list(), self.size);
        }
        if self.table.is_empty() {
            return None;
        }
        let entry = self.entry(arrival, 0);
        let picked = self.available(servers, entry);
        if picked.is_some() || !self.flags.contains(ServiceFlags::MH_FALLBACK) {
            return picked;
        }
        let entries = self.size.entries();
        (0..entries).find_map(|offset| {
            let offset = (offset + u32::try_from(entry).ok()?) % entries;
            self.available(servers, self.entry(arrival, offset))
        })
    }

    /// More servers than entries are refused with `EINVAL`, which nobody hears of: the table stays
    /// as it was.
    fn list_changed(&mut self, servers: &RealServers, change: ListChange) {
        if servers.list().len() <= self.size.entries() as usize {
            self.stale = true;
        } else if let ListChange::Added(slot) = change
            && std::mem::take(&mut self.stale)
        {
            self.table = populate(&servers.list()[..slot], self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;
    use super::*;

    fn entries(numbers: &[u32]) -> Vec<usize> {
        let bench = Bench::of_weights("mh", numbers);
        let table = populate(bench.servers.list(), MaglevTableSize::default());
        let count = |number| table.iter().filter(|id| id.index() == number).count();
        (0..numbers.len()).map(count).collect()
    }

    #[test]
    fn weights_4_3_2_get_their_part_of_4093_entries() {
        assert_eq!(entries(&[4, 3, 2]).iter().sum::<usize>(), 4093);
        let close = entries(&[4, 3, 2]);
        for (entries, expected) in close.iter().zip([1819, 1364, 910]) {
            assert!(entries.abs_diff(expected) <= 2, "{close:?}");
        }
    }

    /// Seen on Linux 6.1: weights 100:1 give the light server 1.97 to 2.14 %, as 50:1 would.
    #[test]
    fn weights_100_1_become_50_1() {
        let light = entries(&[100, 1])[1];
        assert!(light.abs_diff(4093 / 51) <= 1, "{light}");
    }

    #[test]
    fn a_server_that_gets_weight_0_keeps_its_entries() {
        let mut bench = Bench::of("mh", &[1, 1]);
        let before = populate(bench.servers.list(), MaglevTableSize::default());
        bench.edit(0, 0);
        let after = populate(bench.servers.list(), MaglevTableSize::default());
        assert_eq!(before, after);
    }

    #[test]
    fn every_size_of_the_kernel_is_known_and_no_other() {
        let sizes = MAGLEV_TABLE_SIZES.map(|entries| MaglevTableSize::of(entries).unwrap());
        assert_eq!(sizes.map(MaglevTableSize::entries), MAGLEV_TABLE_SIZES);
        assert_eq!(MaglevTableSize::of(4096), None);
        assert_eq!(MaglevTableSize::default().weight_bits(), 6);
    }

    #[test]
    fn more_servers_than_entries_leave_the_table_as_it_was() {
        let mut bench = Bench::of("mh", &[1; 251]);
        bench.model = Box::new(Maglev::new(
            ServiceFlags::NONE,
            MaglevTableSize::of(251).unwrap(),
        ));
        let full = bench.servers.clone();
        bench.model.list_changed(&full, ListChange::Edited(0));
        bench.add(1);
        for _ in 0..2_000 {
            assert_ne!(bench.pick_of_new_client(), Some(251));
        }
    }
}
