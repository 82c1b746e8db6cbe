//! `ip_vs_lblc.c`, and the table that `ip_vs_lblcr.c` has alike.

use std::net::IpAddr;

use super::hash::{addr_fold, hash_32};
use super::least::first_then_less;
use super::{Dest, IpVsScheduler, IpVsService, Packet, Release};

const TAB_BITS: u32 = 10;
const TAB_SIZE: usize = 1 << TAB_BITS;
const MAX_SIZE: i32 = 16 << TAB_BITS;
const CHECK_EXPIRE_INTERVAL: u64 = 60;
const ENTRY_TIMEOUT: u64 = 6 * 60;
pub const DEFAULT_EXPIRATION: u64 = 24 * 60 * 60;
const COUNT_FOR_FULL_EXPIRATION: i32 = 30;

/// `struct ip_vs_lblc_entry` or `ip_vs_lblcr_entry`.
pub struct Entry<T> {
    pub addr: IpAddr,
    pub dest: T,
    pub lastuse: u64,
}

/// `struct ip_vs_lblc_table` with its timer.
pub struct Table<T> {
    /// The first of each is the head's next.
    pub bucket: Vec<Vec<Entry<T>>>,
    pub entries: i32,
    rover: usize,
    counter: i32,
    timer: u64,
}

impl<T> Table<T> {
    pub fn init() -> Self {
        Self {
            bucket: (0..TAB_SIZE).map(|_| Vec::new()).collect(),
            entries: 0,
            rover: 0,
            counter: 1,
            timer: CHECK_EXPIRE_INTERVAL,
        }
    }

    pub fn hash(&mut self, entry: Entry<T>) {
        self.bucket[hashkey(entry.addr)].insert(0, entry);
        self.entries += 1;
    }

    pub fn get(&mut self, addr: IpAddr) -> Option<&mut Entry<T>> {
        self.bucket[hashkey(addr)]
            .iter_mut()
            .find(|entry| entry.addr == addr)
    }

    /// `ip_vs_lblc_del`; the count is the caller's.
    pub fn del(&mut self, addr: IpAddr) {
        self.bucket[hashkey(addr)].retain(|entry| entry.addr != addr);
    }

    /// "ipvs: bound LBLCR and LBLC cache growth".
    pub fn is_full(&self) -> bool {
        self.entries >= MAX_SIZE * 3 / 2
    }

    /// Runs `check_expire` as often as the timer was due.
    pub fn run_timer(&mut self, jiffies: u64) {
        while self.timer <= jiffies {
            self.check_expire(self.timer);
            self.timer += CHECK_EXPIRE_INTERVAL;
        }
    }

    fn check_expire(&mut self, now: u64) {
        if self.counter % COUNT_FOR_FULL_EXPIRATION == 0 {
            self.expire(now, DEFAULT_EXPIRATION, None);
            self.counter = 1;
            return;
        }
        if self.entries <= MAX_SIZE {
            self.counter += 1;
            return;
        }
        let goal = (self.entries - MAX_SIZE) * 4 / 3;
        self.expire(now, ENTRY_TIMEOUT, Some(goal.min(MAX_SIZE / 2)));
    }

    fn expire(&mut self, now: u64, timeout: u64, mut goal: Option<i32>) {
        let mut j = self.rover;
        for _ in 0..TAB_SIZE {
            j = (j + 1) & (TAB_SIZE - 1);
            let mut at = 0;
            while at < self.bucket[j].len() {
                if now < self.bucket[j][at].lastuse + timeout {
                    at += 1;
                    continue;
                }
                self.bucket[j].remove(at);
                self.entries -= 1;
                goal = goal.map(|goal| goal - 1);
            }
            if goal.is_some_and(|goal| goal <= 0) {
                break;
            }
        }
        self.rover = j;
    }
}

fn hashkey(addr: IpAddr) -> usize {
    hash_32(addr_fold(addr), TAB_BITS)
}

/// `is_overloaded`.
pub fn is_overloaded(svc: &IpVsService, dest: Dest) -> bool {
    if svc.dest(dest).activeconns > svc.dest(dest).weight {
        for &d in &svc.destinations {
            if svc.dest(d).activeconns * 2 < svc.dest(d).weight {
                return true;
            }
        }
    }
    false
}

pub struct Lblc {
    tbl: Table<Dest>,
    release: Release,
}

impl Lblc {
    pub fn init(release: Release) -> Self {
        let tbl = Table::init();
        Self { tbl, release }
    }

    /// `ip_vs_lblc_new`.
    fn new_entry(&mut self, packet: &Packet, dest: Dest) {
        if let Some(entry) = self.tbl.get(packet.daddr) {
            if entry.dest == dest {
                return;
            }
            self.tbl.del(packet.daddr);
            if self.release == Release::Newer {
                self.tbl.entries -= 1;
            }
        }
        if self.release == Release::Newer && self.tbl.is_full() {
            return;
        }
        self.tbl.hash(Entry {
            addr: packet.daddr,
            dest,
            lastuse: packet.jiffies,
        });
    }
}

impl IpVsScheduler for Lblc {
    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest> {
        self.tbl.run_timer(packet.jiffies);
        if let Some(entry) = self.tbl.get(packet.daddr) {
            entry.lastuse = packet.jiffies;
            let dest = entry.dest;
            let one = svc.dest(dest);
            if one.available && one.weight > 0 && !is_overloaded(svc, dest) {
                return Some(dest);
            }
        }
        let dest = first_then_less(svc, &svc.destinations, |dest| svc.overhead(dest))?;
        self.new_entry(packet, dest);
        Some(dest)
    }
}
