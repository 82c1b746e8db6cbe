//! `ip_vs_rr.c`.

use super::{Dest, IpVsScheduler, IpVsService, Packet};

pub struct Rr {
    /// `svc->sched_data`; `None` is the head.
    sched_data: Option<Dest>,
}

impl Rr {
    pub fn init() -> Self {
        Self { sched_data: None }
    }
}

impl IpVsScheduler for Rr {
    fn del_dest(&mut self, _: &IpVsService, gone: Dest, prev: Option<Dest>) {
        if self.sched_data == Some(gone) {
            self.sched_data = prev;
        }
    }

    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        let p = self.sched_data;
        let last = p;
        let mut from = p;
        let mut pass = 0;
        loop {
            for &dest in svc.after(from) {
                if !svc.dest(dest).overload && svc.dest(dest).weight > 0 {
                    self.sched_data = Some(dest);
                    return Some(dest);
                }
                if Some(dest) == last {
                    return None;
                }
            }
            // The walk ends at the head, from which the next begins.
            from = None;
            pass += 1;
            if !(pass < 2 && p.is_some()) {
                return None;
            }
        }
    }
}
