//! What lblc and lblcr remember of destinations.

use std::net::IpAddr;
use std::time::Duration;

use super::hash::{fold, hash_32};
use super::kernel::{KernelChange, KernelVersion};
use super::tournament_model::TournamentModel;
use super::weighted_least_connection::WeightedLeastConnection;
use super::{ListChange, Model, RealServers, Slot};

/// `IP_VS_LBLC_TAB_BITS` of `ip_vs_lblc.c`.
const TABLE_BITS: u32 = 10;
const BUCKETS: usize = 1 << TABLE_BITS;
/// `tbl->max_size`: beyond so many entries, stale ones are collected.
const MOST_ENTRIES: i64 = 16 << TABLE_BITS;
/// `CHECK_EXPIRE_INTERVAL`.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);
/// `COUNT_FOR_FULL_EXPIRATION`: every thirtieth check without collection is a full one.
const CHECKS_UNTIL_FULL: u64 = 30;
/// `ENTRY_TIMEOUT`: what was not used for so long may be collected from a table that is too full.
const STALE: Duration = Duration::from_secs(6 * 60);
/// `DEFAULT_EXPIRATION`: what was not used for so long is collected by a full check; the default of
/// the sysctls `lblc_expiration` and `lblcr_expiration`.
pub(super) const EXPIRATION: Duration = Duration::from_secs(24 * 60 * 60);

/// What to do with the count of entries when a new one takes an old one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replacement {
    /// The kernel forgot to count the old one out (lblc before
    /// [`KernelChange::BoundedLocalityCache`]).
    CountsTwice,
    Counts,
}

/// A hash table from destination addresses to something, with the kernel's garbage collection: a
/// timer every minute from when the service is set up.
#[derive(Debug)]
pub(super) struct LocalityCache<T> {
    buckets: Vec<Vec<Entry<T>>>,
    /// As the kernel counts them.
    entries: i64,
    /// The most entries with which it still takes a new one.
    limit: Option<i64>,
    replacement: Replacement,
    rover: usize,
    counter: u64,
    next_check: Duration,
}

#[derive(Debug)]
struct Entry<T> {
    destination: IpAddr,
    last_use: Duration,
    value: T,
}

impl<T> LocalityCache<T> {
    pub(super) fn new(kernel: KernelVersion) -> Self {
        let bounded = kernel.has(KernelChange::BoundedLocalityCache);
        Self {
            buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
            entries: 0,
            limit: bounded.then_some(MOST_ENTRIES * 3 / 2),
            replacement: if bounded {
                Replacement::Counts
            } else {
                Replacement::CountsTwice
            },
            rover: 0,
            counter: 1,
            next_check: CHECK_INTERVAL,
        }
    }

    /// What is remembered of a destination, which counts as a use of it.
    pub(super) fn use_entry(&mut self, destination: IpAddr, now: Duration) -> Option<&mut T> {
        self.collect(now);
        let bucket = &mut self.buckets[bucket(destination)];
        let entry = bucket
            .iter_mut()
            .find(|entry| entry.destination == destination)?;
        entry.last_use = now;
        Some(&mut entry.value)
    }

    /// Remembers something of a destination, instead of what was remembered before.
    pub(super) fn remember(&mut self, destination: IpAddr, value: T, now: Duration) {
        let bucket = &mut self.buckets[bucket(destination)];
        if let Some(old) = bucket
            .iter()
            .position(|entry| entry.destination == destination)
        {
            bucket.remove(old);
            if self.replacement == Replacement::Counts {
                self.entries -= 1;
            }
        }
        if self.limit.is_some_and(|limit| self.entries >= limit) {
            return;
        }
        bucket.push(Entry {
            destination,
            last_use: now,
            value,
        });
        self.entries += 1;
    }

    /// Runs the timer for every minute that is over.
    fn collect(&mut self, now: Duration) {
        while self.next_check <= now {
            if self.buckets.iter().all(Vec::is_empty) && self.entries == 0 {
                self.pass_empty_checks(now);
                return;
            }
            self.check(self.next_check);
            self.next_check += CHECK_INTERVAL;
        }
    }

    /// Nothing to collect: only the count of checks goes on.
    fn pass_empty_checks(&mut self, now: Duration) {
        let waited = now.saturating_sub(self.next_check);
        let over = waited.as_secs() / CHECK_INTERVAL.as_secs() + 1;
        self.counter = (self.counter - 1 + over) % CHECKS_UNTIL_FULL + 1;
        self.next_check = self
            .next_check
            .saturating_add(CHECK_INTERVAL.saturating_mul(u32::try_from(over).unwrap_or(u32::MAX)));
    }

    /// `ip_vs_lblc_check_expire`.
    fn check(&mut self, now: Duration) {
        if self.counter.is_multiple_of(CHECKS_UNTIL_FULL) {
            self.sweep(now, EXPIRATION, i64::MAX);
            self.counter = 1;
        } else if self.entries <= MOST_ENTRIES {
            self.counter += 1;
        } else {
            let goal = (self.entries - MOST_ENTRIES) * 4 / 3;
            self.sweep(now, STALE, goal.min(MOST_ENTRIES / 2));
        }
    }

    /// Collects what was not used for `unused`, bucket by bucket, until `goal` entries are gone.
    fn sweep(&mut self, now: Duration, unused: Duration, mut goal: i64) {
        for _ in 0..BUCKETS {
            self.rover = (self.rover + 1) % BUCKETS;
            let bucket = &mut self.buckets[self.rover];
            let before = bucket.len();
            bucket.retain(|entry| now < entry.last_use.saturating_add(unused));
            let collected = i64::try_from(before - bucket.len()).unwrap_or(i64::MAX);
            self.entries -= collected;
            goal -= collected;
            if goal <= 0 {
                return;
            }
        }
    }
}

fn bucket(destination: IpAddr) -> usize {
    hash_32(fold(destination), TABLE_BITS) as usize
}

/// What lblc and lblcr do where they remember no server that will do: as wlc.
#[derive(Debug)]
pub(super) struct Newcomer {
    least: TournamentModel<WeightedLeastConnection>,
    /// By slot, whether the server has less than half as many open connections as its weight.
    has_room: Vec<bool>,
    with_room: usize,
}

impl Newcomer {
    pub(super) fn new(order: WeightedLeastConnection) -> Self {
        Self {
            least: TournamentModel::new(order),
            has_room: Vec::new(),
            with_room: 0,
        }
    }

    /// The server that wlc would take.
    pub(super) fn best(&mut self, servers: &RealServers) -> Option<Slot> {
        self.least.best(servers)
    }

    /// `is_overloaded` of both schedulers, which does not look at thresholds: the remembered server
    /// has more open connections than its weight, and some server has room.
    pub(super) fn is_wanted_instead_of(&self, servers: &RealServers, slot: Slot) -> bool {
        let server = servers.at(slot);
        server.active > server.weight.get() && self.with_room > 0
    }

    pub(super) fn list_changed(&mut self, servers: &RealServers, change: ListChange) {
        self.has_room = (0..servers.list().len())
            .map(|slot| has_room(servers, slot))
            .collect();
        self.with_room = self.has_room.iter().filter(|&&has_room| has_room).count();
        self.least.list_changed(servers, change);
    }

    pub(super) fn load_changed(&mut self, servers: &RealServers, slot: Slot) {
        let before = std::mem::replace(&mut self.has_room[slot], has_room(servers, slot));
        self.with_room -= usize::from(before);
        self.with_room += usize::from(self.has_room[slot]);
        self.least.load_changed(servers, slot);
    }
}

fn has_room(servers: &RealServers, slot: Slot) -> bool {
    let server = servers.at(slot);
    u64::from(server.active) * 2 < u64::from(server.weight.get())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn destination(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(0x0A00_0000 + n).into()
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn an_entry_is_forgotten_after_a_day_without_use() {
        let hour = 3600;
        for (last, remembered) in [(24 * hour - 1, true), (25 * hour, false)] {
            let mut cache = LocalityCache::new(KernelVersion::REFERENCE);
            cache.remember(destination(1), 'a', seconds(0));
            let found = cache.use_entry(destination(1), seconds(last));
            assert_eq!(found.is_some(), remembered, "after {last} s");
        }
    }

    #[test]
    fn a_table_that_is_too_full_loses_what_was_not_used_for_six_minutes() {
        let entries = 20_000;
        let mut cache = LocalityCache::new(KernelVersion::REFERENCE);
        for n in 0..entries {
            cache.remember(destination(n), n, seconds(1));
        }
        let left = |cache: &LocalityCache<u32>| cache.buckets.iter().flatten().count();
        cache.collect(seconds(6 * 60));
        assert_eq!(left(&cache), entries as usize, "all were used too lately");
        cache.collect(seconds(7 * 60));
        let goal = (20_000 - 16_384) * 4 / 3;
        let collected = entries as usize - left(&cache);
        assert!((goal..goal + 40).contains(&collected), "{collected}");
    }

    #[test]
    fn later_kernels_take_no_more_than_24576_entries() {
        for (kernel, entries) in [("6.1.176", 30_000), ("6.1.191", 24_576)] {
            let mut cache = LocalityCache::new(kernel.parse().unwrap());
            for n in 0..30_000 {
                cache.remember(destination(n), n, seconds(1));
            }
            assert_eq!(cache.buckets.iter().flatten().count(), entries, "{kernel}");
        }
    }

    #[test]
    fn years_without_a_connection_are_passed_over_at_once() {
        let mut cache = LocalityCache::new(KernelVersion::REFERENCE);
        cache.remember(destination(1), 'a', seconds(0));
        assert!(
            cache
                .use_entry(destination(1), seconds(u64::MAX / 2))
                .is_none()
        );
    }
}
