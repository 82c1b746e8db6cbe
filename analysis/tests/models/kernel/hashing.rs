//! `ip_vs_dh.c` and `ip_vs_sh.c`.

use super::hash::{addr_fold, hash_32};
use super::{Dest, Flags, IpVsScheduler, IpVsService, Packet};

const TAB_BITS: u32 = 8;
const TAB_SIZE: usize = 1 << TAB_BITS;

pub struct Dh {
    buckets: [Option<Dest>; TAB_SIZE],
}

impl Dh {
    pub fn init() -> Self {
        let buckets = [None; TAB_SIZE];
        Self { buckets }
    }

    fn reassign(&mut self, svc: &IpVsService) {
        let mut p = 0;
        for bucket in &mut self.buckets {
            if svc.destinations.is_empty() {
                *bucket = None;
            } else {
                if p == svc.destinations.len() {
                    p = 0;
                }
                *bucket = Some(svc.destinations[p]);
                p += 1;
            }
        }
    }
}

impl IpVsScheduler for Dh {
    fn add_dest(&mut self, svc: &IpVsService) {
        self.reassign(svc);
    }

    fn del_dest(&mut self, svc: &IpVsService, _: Dest, _: Option<Dest>) {
        self.reassign(svc);
    }

    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest> {
        let dest = self.buckets[hash_32(addr_fold(packet.daddr), TAB_BITS)]?;
        let one = svc.dest(dest);
        if !one.available || one.weight <= 0 || one.overload {
            return None;
        }
        Some(dest)
    }
}

pub struct Sh {
    flags: Flags,
    buckets: [Option<Dest>; TAB_SIZE],
}

impl Sh {
    pub fn init(flags: Flags) -> Self {
        let buckets = [None; TAB_SIZE];
        Self { flags, buckets }
    }

    fn reassign(&mut self, svc: &IpVsService) {
        let mut p = 0;
        let mut d_count = 0;
        for bucket in &mut self.buckets {
            if svc.destinations.is_empty() {
                *bucket = None;
            } else {
                if p == svc.destinations.len() {
                    p = 0;
                }
                let dest = svc.destinations[p];
                *bucket = Some(dest);
                d_count += 1;
                if d_count >= svc.dest(dest).weight {
                    p += 1;
                    d_count = 0;
                }
            }
        }
    }
}

pub fn is_unavailable(svc: &IpVsService, dest: Dest) -> bool {
    svc.dest(dest).weight <= 0 || svc.dest(dest).overload
}

/// `ip_vs_sh_hashkey`.
fn hashkey(packet: &Packet, port: u16, offset: usize) -> usize {
    let key = u32::from(port).wrapping_add(addr_fold(packet.saddr));
    (offset + hash_32(key, TAB_BITS)) & (TAB_SIZE - 1)
}

impl IpVsScheduler for Sh {
    fn add_dest(&mut self, svc: &IpVsService) {
        self.reassign(svc);
    }

    fn del_dest(&mut self, svc: &IpVsService, _: Dest, _: Option<Dest>) {
        self.reassign(svc);
    }

    fn upd_dest(&mut self, svc: &IpVsService) {
        self.reassign(svc);
    }

    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest> {
        let port = if self.flags.port { packet.source } else { 0 };
        let ihash = hashkey(packet, port, 0);
        let dest = self.buckets[ihash]?;
        if !is_unavailable(svc, dest) {
            return Some(dest);
        }
        if !self.flags.fallback {
            return None;
        }
        for offset in 0..TAB_SIZE {
            let roffset = (offset + ihash) % TAB_SIZE;
            let dest = self.buckets[hashkey(packet, port, roffset)]?;
            if !is_unavailable(svc, dest) {
                return Some(dest);
            }
        }
        None
    }
}
