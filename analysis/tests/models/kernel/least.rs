//! The schedulers that walk the list once and remember nothing: `ip_vs_lc.c`, `ip_vs_wlc.c`,
//! `ip_vs_sed.c`, `ip_vs_nq.c`, `ip_vs_fo.c`, `ip_vs_ovf.c`.

use super::{Dest, IpVsScheduler, IpVsService, Packet};

pub struct Lc;
pub struct Wlc;
pub struct Sed;
pub struct Nq;
pub struct Fo;
pub struct Ovf;

impl IpVsScheduler for Lc {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        let mut least = None;
        let mut loh = 0;
        for &dest in &svc.destinations {
            if svc.dest(dest).overload || svc.dest(dest).weight == 0 {
                continue;
            }
            let doh = svc.overhead(dest).cast_unsigned();
            if least.is_none() || doh < loh {
                least = Some(dest);
                loh = doh;
            }
        }
        least
    }
}

/// The two loops that wlc, sed, lblc and lblcr share: the first destination that may be used, then
/// every later one with less overhead for its weight.
pub fn first_then_less(
    svc: &IpVsService,
    list: &[Dest],
    overhead: impl Fn(Dest) -> i32,
) -> Option<Dest> {
    let weight = |dest| i64::from(svc.dest(dest).weight);
    let mut least = None;
    let mut loh = 0;
    for &dest in list {
        match least {
            None => {
                if !svc.dest(dest).overload && svc.dest(dest).weight > 0 {
                    least = Some(dest);
                    loh = overhead(dest);
                }
            }
            Some(best) => {
                if svc.dest(dest).overload {
                    continue;
                }
                let doh = overhead(dest);
                if i64::from(loh) * weight(dest) > i64::from(doh) * weight(best) {
                    least = Some(dest);
                    loh = doh;
                }
            }
        }
    }
    least
}

impl IpVsScheduler for Wlc {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        first_then_less(svc, &svc.destinations, |dest| svc.overhead(dest))
    }
}

impl IpVsScheduler for Sed {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        first_then_less(svc, &svc.destinations, |dest| {
            svc.dest(dest).activeconns + 1
        })
    }
}

impl IpVsScheduler for Nq {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        let mut least: Option<Dest> = None;
        let mut loh = 0;
        for &dest in &svc.destinations {
            let one = svc.dest(dest);
            if one.overload || one.weight == 0 {
                continue;
            }
            let doh = one.activeconns + 1;
            if one.activeconns == 0 {
                return Some(dest);
            }
            let is_less = |least| {
                i64::from(loh) * i64::from(one.weight)
                    > i64::from(doh) * i64::from(svc.dest(least).weight)
            };
            if least.is_none_or(is_less) {
                least = Some(dest);
                loh = doh;
            }
        }
        least
    }
}

impl IpVsScheduler for Fo {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        let mut hweight = None;
        let mut hw = 0;
        for &dest in &svc.destinations {
            if !svc.dest(dest).overload && svc.dest(dest).weight > hw {
                hweight = Some(dest);
                hw = svc.dest(dest).weight;
            }
        }
        hweight
    }
}

impl IpVsScheduler for Ovf {
    fn schedule(&mut self, svc: &IpVsService, _: &Packet) -> Option<Dest> {
        let mut h = None;
        let mut hw = 0;
        for &dest in &svc.destinations {
            let w = svc.dest(dest).weight;
            if svc.dest(dest).overload || svc.dest(dest).activeconns > w || w == 0 {
                continue;
            }
            if h.is_none() || w > hw {
                h = Some(dest);
                hw = w;
            }
        }
        h
    }
}
