//! `ip_vs_wrr.c`.

use super::{Dest, IpVsScheduler, IpVsService, Packet};

pub struct Wrr {
    /// `None` is the head.
    cl: Option<Dest>,
    cw: i32,
    mw: i32,
    di: i32,
}

pub fn gcd(a: i32, b: i32) -> i32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn gcd_weight(svc: &IpVsService) -> i32 {
    let mut g = 0;
    for &dest in &svc.destinations {
        let weight = svc.dest(dest).weight;
        if weight > 0 {
            g = if g > 0 { gcd(weight, g) } else { weight };
        }
    }
    if g == 0 { 1 } else { g }
}

fn max_weight(svc: &IpVsService) -> i32 {
    let mut weight = 0;
    for &dest in &svc.destinations {
        let new_weight = svc.dest(dest).weight;
        if new_weight > weight {
            weight = new_weight;
        }
    }
    weight
}

impl Wrr {
    /// Of a service without destinations.
    pub fn init() -> Self {
        Self {
            cl: None,
            cw: 0,
            mw: 0,
            di: 1,
        }
    }

    fn dest_changed(&mut self, svc: &IpVsService) {
        self.cl = None;
        self.di = gcd_weight(svc);
        self.mw = max_weight(svc) - (self.di - 1);
        if self.cw > self.mw || self.cw == 0 {
            self.cw = self.mw;
        } else if self.di > 1 {
            self.cw = (self.cw / self.di) * self.di + 1;
        }
    }
}

impl IpVsScheduler for Wrr {
    fn add_dest(&mut self, svc: &IpVsService) {
        self.dest_changed(svc);
    }

    fn del_dest(&mut self, svc: &IpVsService, _: Dest, _: Option<Dest>) {
        self.dest_changed(svc);
    }

    fn upd_dest(&mut self, svc: &IpVsService) {
        self.dest_changed(svc);
    }

    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        if self.mw == 0 {
            return None;
        }
        let mut from = self.cl;
        let last = from;
        let mut stop = None;
        let (mut last_pass, mut restarted) = (false, false);
        loop {
            for &dest in svc.after(from) {
                if !svc.dest(dest).overload && svc.dest(dest).weight >= self.cw {
                    self.cl = Some(dest);
                    return Some(dest);
                }
                if Some(dest) == stop {
                    self.cl = Some(dest);
                    return None;
                }
            }
            from = None;
            self.cw -= self.di;
            if self.cw <= 0 {
                self.cw = self.mw;
                if last_pass || last.is_none() {
                    self.cl = None;
                    return None;
                }
                restarted = true;
            }
            last_pass = self.cw <= self.di;
            if last_pass && restarted && last.is_some() {
                stop = last;
            }
        }
    }
}
