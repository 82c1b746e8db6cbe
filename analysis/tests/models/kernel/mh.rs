//! `ip_vs_mh.c`.

use super::hash::{addr_fold, hsiphash_1u32};
use super::hashing::is_unavailable;
use super::wrr::gcd;
use super::{Dest, Flags, IpVsScheduler, IpVsService, Packet};

const PRIMES: [u32; 10] = [
    251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071,
];
const HASH1: u64 = 2_654_435_761;
const HASH2: u64 = 2_654_446_892;

pub struct Mh {
    flags: Flags,
    /// `IP_VS_MH_TAB_SIZE`.
    tab_size: u32,
    /// `IP_VS_MH_TAB_BITS`.
    tab_bits: i32,
    lookup: Vec<Option<Dest>>,
    gcd: i32,
    rshift: i32,
}

#[derive(Clone)]
struct DestSetup {
    skip: u32,
    perm: u32,
    turns: i32,
}

/// `ip_vs_mh_hashkey`.
fn hashkey(addr: std::net::IpAddr, port: u16, key: u64, offset: u32) -> u32 {
    let v = offset
        .wrapping_add(port.into())
        .wrapping_add(addr_fold(addr));
    hsiphash_1u32(v, key)
}

impl Mh {
    /// `index` is `CONFIG_IP_VS_MH_TAB_INDEX`, 8 to 17.
    pub fn init(flags: Flags, index: usize) -> Self {
        let tab_size = PRIMES[index - 8];
        Self {
            flags,
            tab_size,
            tab_bits: i32::try_from(index / 2).expect("the index is small"),
            lookup: vec![None; tab_size as usize],
            gcd: 0,
            rshift: 0,
        }
    }

    fn gcd_weight(svc: &IpVsService) -> i32 {
        let mut g = 0;
        for &dest in &svc.destinations {
            let weight = svc.dest(dest).last_weight;
            if weight > 0 {
                g = if g > 0 { gcd(weight, g) } else { weight };
            }
        }
        g
    }

    fn shift_weight(&self, svc: &IpVsService) -> i32 {
        if self.gcd < 1 {
            return 0;
        }
        let mut weight = 0;
        for &dest in &svc.destinations {
            weight = weight.max(svc.dest(dest).last_weight);
        }
        let fls = 32 - (weight / self.gcd).leading_zeros().cast_signed();
        (fls - self.tab_bits).max(0)
    }

    fn permutate(&self, svc: &IpVsService) -> Vec<DestSetup> {
        let mut dest_setup = Vec::new();
        for &dest in &svc.destinations {
            let one = svc.dest(dest);
            let addr = one.addr.expect("a destination has an address");
            let hash = |key| hashkey(addr.ip(), addr.port(), key, 0);
            let lw = one.last_weight;
            let mut turns = (lw / self.gcd) >> self.rshift;
            if turns == 0 {
                turns = i32::from(lw != 0);
            }
            dest_setup.push(DestSetup {
                skip: hash(HASH2) % (self.tab_size - 1) + 1,
                perm: hash(HASH1) % self.tab_size,
                turns,
            });
        }
        dest_setup
    }

    fn populate(&mut self, svc: &IpVsService, dest_setup: &mut [DestSetup]) {
        let mut table = vec![false; self.tab_size as usize];
        let mut n = 0;
        let mut dt_count = 0;
        let mut p = 0;
        loop {
            if p == svc.destinations.len() {
                p = 0;
            }
            while p != svc.destinations.len() {
                let ds = &mut dest_setup[p];
                if ds.turns < 1 {
                    p += 1;
                    continue;
                }
                let mut c = ds.perm as usize;
                while table[c] {
                    ds.perm += ds.skip;
                    if ds.perm >= self.tab_size {
                        ds.perm -= self.tab_size;
                    }
                    c = ds.perm as usize;
                }
                table[c] = true;
                self.lookup[c] = Some(svc.destinations[p]);
                n += 1;
                if n == self.tab_size {
                    return;
                }
                dt_count += 1;
                if dt_count >= ds.turns {
                    dt_count = 0;
                    p += 1;
                }
            }
        }
    }

    fn dest_changed(&mut self, svc: &IpVsService) {
        self.gcd = Self::gcd_weight(svc);
        self.rshift = self.shift_weight(svc);
        if svc.destinations.len() > self.tab_size as usize {
            return;
        }
        if self.gcd < 1 {
            self.lookup.fill(None);
            return;
        }
        let mut dest_setup = self.permutate(svc);
        self.populate(svc, &mut dest_setup);
    }
}

impl IpVsScheduler for Mh {
    fn add_dest(&mut self, svc: &IpVsService) {
        self.dest_changed(svc);
    }

    fn del_dest(&mut self, svc: &IpVsService, _: Dest, _: Option<Dest>) {
        self.dest_changed(svc);
    }

    fn upd_dest(&mut self, svc: &IpVsService) {
        self.dest_changed(svc);
    }

    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest> {
        let port = if self.flags.port { packet.source } else { 0 };
        let ihash = hashkey(packet.saddr, port, HASH1, 0) % self.tab_size;
        let dest = self.lookup[ihash as usize]?;
        if !is_unavailable(svc, dest) {
            return Some(dest);
        }
        if !self.flags.fallback {
            return None;
        }
        for offset in 0..self.tab_size {
            let roffset = (offset + ihash) % self.tab_size;
            let hash = hashkey(packet.saddr, port, HASH1, roffset) % self.tab_size;
            let dest = self.lookup[hash as usize]?;
            if !is_unavailable(svc, dest) {
                return Some(dest);
            }
        }
        None
    }
}
