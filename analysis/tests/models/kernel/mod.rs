//! The kernel's schedulers once more, loop by loop as the C has them: the oracle of these tests.
//!
//! Written from `net/netfilter/ipvs` of Linux 6.1.176 and 6.12.117 and not from the models. Lists
//! are walked, nothing is indexed, names are the kernel's.

mod hash;
mod hashing;
mod lblc;
mod lblcr;
mod least;
mod mh;
mod rr;
mod service;
mod wrr;

use std::net::IpAddr;

pub use service::{Configured, Dest, IpVsService, Release};

/// What a scheduler looks at in a packet.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    pub saddr: IpAddr,
    pub source: u16,
    pub daddr: IpAddr,
    /// In jiffies; a jiffy is a second here.
    pub jiffies: u64,
}

/// `struct ip_vs_scheduler`.
pub trait IpVsScheduler {
    fn schedule(&mut self, svc: &IpVsService, packet: &Packet) -> Option<Dest>;

    fn add_dest(&mut self, svc: &IpVsService) {
        let _ = svc;
    }

    /// `gone` is unlinked already; `prev` is what was before it, `None` the head.
    fn del_dest(&mut self, svc: &IpVsService, gone: Dest, prev: Option<Dest>) {
        let _ = (svc, gone, prev);
    }

    fn upd_dest(&mut self, svc: &IpVsService) {
        let _ = svc;
    }
}

/// `sh-fallback` or `mh-fallback`, and `sh-port` or `mh-port`.
#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub fallback: bool,
    pub port: bool,
}

/// `ip_vs_scheduler_get` and `init_service`.
pub fn scheduler(
    name: &str,
    flags: Flags,
    mh_index: usize,
    release: Release,
) -> Box<dyn IpVsScheduler> {
    match name {
        "rr" => Box::new(rr::Rr::init()),
        "wrr" => Box::new(wrr::Wrr::init()),
        "lc" => Box::new(least::Lc),
        "wlc" => Box::new(least::Wlc),
        "sed" => Box::new(least::Sed),
        "nq" => Box::new(least::Nq),
        "fo" => Box::new(least::Fo),
        "ovf" => Box::new(least::Ovf),
        "dh" => Box::new(hashing::Dh::init()),
        "sh" => Box::new(hashing::Sh::init(flags)),
        "mh" => Box::new(mh::Mh::init(flags, mh_index)),
        "lblc" => Box::new(lblc::Lblc::init(release)),
        "lblcr" => Box::new(lblcr::Lblcr::init(release)),
        other => panic!("no oracle of {other}"),
    }
}
