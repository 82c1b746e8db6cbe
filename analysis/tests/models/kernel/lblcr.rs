//! `ip_vs_lblcr.c`.

use super::lblc::{DEFAULT_EXPIRATION, Entry, Table, is_overloaded};
use super::least::first_then_less;
use super::{Dest, IpVsScheduler, IpVsService, Packet, Release};

/// `struct ip_vs_dest_set`.
struct DestSet {
    /// The first is the head's next.
    list: Vec<Dest>,
    lastmod: u64,
}

impl DestSet {
    fn insert(&mut self, dest: Dest, jiffies: u64) {
        if self.list.contains(&dest) {
            return;
        }
        self.list.insert(0, dest);
        self.lastmod = jiffies;
    }

    fn erase(&mut self, dest: Dest, jiffies: u64) {
        let place = self.list.iter().position(|&one| one == dest);
        self.list.remove(place.expect("the set has it"));
        self.lastmod = jiffies;
    }

    /// `ip_vs_dest_set_min`.
    fn min(&self, svc: &IpVsService) -> Option<Dest> {
        let mut list = self.list.iter();
        let mut least = *list.find(|&&dest| {
            let one = svc.dest(dest);
            !one.overload && one.weight > 0 && one.available
        })?;
        let mut loh = svc.overhead(least);
        for &dest in list {
            let one = svc.dest(dest);
            if one.overload {
                continue;
            }
            let doh = svc.overhead(dest);
            let (dw, lw) = (i64::from(one.weight), i64::from(svc.dest(least).weight));
            if i64::from(loh) * dw > i64::from(doh) * lw && one.available {
                least = dest;
                loh = doh;
            }
        }
        Some(least)
    }

    /// `ip_vs_dest_set_max`.
    fn max(&self, svc: &IpVsService) -> Option<Dest> {
        let mut list = self.list.iter();
        let mut most = *list.find(|&&dest| svc.dest(dest).weight > 0)?;
        let mut moh = svc.overhead(most);
        for &dest in list {
            let doh = svc.overhead(dest);
            let (dw, mw) = (
                i64::from(svc.dest(dest).weight),
                i64::from(svc.dest(most).weight),
            );
            if i64::from(moh) * dw < i64::from(doh) * mw && dw > 0 {
                most = dest;
                moh = doh;
            }
        }
        Some(most)
    }
}

pub struct Lblcr {
    tbl: Table<DestSet>,
    release: Release,
}

impl Lblcr {
    pub fn init(release: Release) -> Self {
        let tbl = Table::init();
        Self { tbl, release }
    }

    /// `ip_vs_lblcr_new`, where there is no entry.
    fn new_entry(&mut self, packet: &Packet, dest: Dest) {
        if self.release == Release::Newer && self.tbl.is_full() {
            return;
        }
        self.tbl.hash(Entry {
            addr: packet.daddr,
            dest: DestSet {
                list: vec![dest],
                lastmod: packet.jiffies,
            },
            lastuse: packet.jiffies,
        });
    }
}

impl IpVsScheduler for Lblcr {
    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest> {
        let jiffies = packet.jiffies;
        let least = || first_then_less(svc, &svc.destinations, |dest| svc.overhead(dest));
        self.tbl.run_timer(jiffies);
        let Some(entry) = self.tbl.get(packet.daddr) else {
            let dest = least()?;
            self.new_entry(packet, dest);
            return Some(dest);
        };
        entry.lastuse = jiffies;
        let set = &mut entry.dest;
        let dest = set.min(svc);
        if set.list.len() > 1
            && jiffies > set.lastmod + DEFAULT_EXPIRATION
            && let Some(most) = set.max(svc)
        {
            set.erase(most, jiffies);
        }
        if let Some(dest) = dest
            && !is_overloaded(svc, dest)
        {
            return Some(dest);
        }
        let dest = least()?;
        set.insert(dest, jiffies);
        Some(dest)
    }
}
