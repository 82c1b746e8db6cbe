//! `struct ip_vs_service` and `struct ip_vs_dest`, as far as schedulers see them.

use std::net::SocketAddr;

/// A destination: its number among all that the service ever had. One that is removed and added
/// again comes out of the trash as the same.
pub type Dest = usize;

/// Which source the oracle follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// 6.1.176.
    Older,
    /// 6.12.117, alike in 7.2.12.
    Newer,
}

#[derive(Debug, Clone, Default)]
pub struct IpVsDest {
    pub addr: Option<SocketAddr>,
    pub weight: i32,
    pub last_weight: i32,
    pub activeconns: i32,
    pub inactconns: i32,
    u_threshold: u32,
    l_threshold: u32,
    l_threshold_val: u32,
    /// `IP_VS_DEST_F_OVERLOAD`.
    pub overload: bool,
    /// `IP_VS_DEST_F_AVAILABLE`.
    pub available: bool,
}

/// `struct ip_vs_dest_user_kern`.
#[derive(Debug, Clone, Copy)]
pub struct Configured {
    pub weight: i32,
    pub u_threshold: u32,
    pub l_threshold: u32,
}

#[derive(Debug)]
pub struct IpVsService {
    /// `svc->destinations`: the first is the one after the head.
    pub destinations: Vec<Dest>,
    pub dests: Vec<IpVsDest>,
    release: Release,
}

impl IpVsService {
    pub fn new(release: Release) -> Self {
        Self {
            destinations: Vec::new(),
            dests: Vec::new(),
            release,
        }
    }

    pub fn dest(&self, dest: Dest) -> &IpVsDest {
        &self.dests[dest]
    }

    /// `list_for_each_entry_continue`: what comes after an entry; `None` is the head.
    pub fn after(&self, entry: Option<Dest>) -> &[Dest] {
        let Some(entry) = entry else {
            return &self.destinations;
        };
        let place = self.destinations.iter().position(|&one| one == entry);
        &self.destinations[place.expect("the entry is linked") + 1..]
    }

    /// `ip_vs_dest_conn_overhead`.
    pub fn overhead(&self, dest: Dest) -> i32 {
        let dest = self.dest(dest);
        match self.release {
            Release::Older => (dest.activeconns << 8) + dest.inactconns,
            Release::Newer => (dest.activeconns << 8) + self::totalconns(dest),
        }
    }

    /// `ip_vs_add_dest`.
    pub fn add(&mut self, addr: SocketAddr, udest: Configured) {
        let known = self.dests.iter().position(|dest| dest.addr == Some(addr));
        let dest = known.unwrap_or_else(|| {
            self.dests.push(IpVsDest {
                addr: Some(addr),
                ..IpVsDest::default()
            });
            self.dests.len() - 1
        });
        self.update(dest, udest, true);
        self.destinations.insert(0, dest);
    }

    /// `__ip_vs_unlink_dest`; gives what was before it.
    pub fn unlink(&mut self, dest: Dest) -> Option<Dest> {
        self.dests[dest].available = false;
        let place = self.destinations.iter().position(|&one| one == dest);
        let place = place.expect("the destination is linked");
        self.destinations.remove(place);
        place.checked_sub(1).map(|before| self.destinations[before])
    }

    /// `__ip_vs_update_dest`.
    pub fn update(&mut self, dest: Dest, udest: Configured, add: bool) {
        let release = self.release;
        let dest = &mut self.dests[dest];
        if add || udest.weight != 0 {
            dest.last_weight = udest.weight;
        }
        dest.weight = udest.weight;
        dest.available = true;
        match release {
            Release::Older => {
                if udest.u_threshold == 0 || udest.u_threshold > dest.u_threshold {
                    dest.overload = false;
                }
                dest.u_threshold = udest.u_threshold;
                dest.l_threshold = udest.l_threshold;
            }
            Release::Newer => {
                if dest.u_threshold != udest.u_threshold || dest.l_threshold != udest.l_threshold {
                    dest.u_threshold = udest.u_threshold;
                    dest.l_threshold = udest.l_threshold;
                    dest.l_threshold_val = if udest.l_threshold == 0 {
                        udest.u_threshold - (udest.u_threshold >> 2)
                    } else {
                        udest.l_threshold
                    };
                    update_overload(dest, 0);
                }
            }
        }
    }

    /// `ip_vs_bind_dest` of a connection that is inactive.
    pub fn bind(&mut self, dest: Dest) {
        let dest = &mut self.dests[dest];
        dest.inactconns += 1;
        match self.release {
            Release::Older => {
                if dest.u_threshold != 0 && totalconns(dest).cast_unsigned() >= dest.u_threshold {
                    dest.overload = true;
                }
            }
            Release::Newer => {
                if totalconns(dest).cast_unsigned() == dest.u_threshold {
                    update_overload(dest, 1);
                }
            }
        }
    }

    /// `ip_vs_unbind_dest`.
    pub fn unbind(&mut self, dest: Dest, active: bool) {
        let dest = &mut self.dests[dest];
        let before = totalconns(dest).cast_unsigned();
        if active {
            dest.activeconns -= 1;
        } else {
            dest.inactconns -= 1;
        }
        let now = totalconns(dest).cast_unsigned();
        match self.release {
            Release::Older => {
                if dest.l_threshold != 0 {
                    if now < dest.l_threshold {
                        dest.overload = false;
                    }
                } else if dest.u_threshold != 0 {
                    if now * 4 < dest.u_threshold * 3 {
                        dest.overload = false;
                    }
                } else {
                    dest.overload = false;
                }
            }
            Release::Newer => {
                if before == dest.l_threshold_val {
                    update_overload(dest, -1);
                }
            }
        }
    }

    /// `set_tcp_state`: the counts of a connection that becomes active or inactive.
    pub fn change(&mut self, dest: Dest, to_active: bool) {
        let dest = &mut self.dests[dest];
        let step = if to_active { 1 } else { -1 };
        dest.activeconns += step;
        dest.inactconns -= step;
    }
}

fn totalconns(dest: &IpVsDest) -> i32 {
    dest.activeconns + dest.inactconns
}

/// `__ip_vs_dest_update_overload`.
fn update_overload(dest: &mut IpVsDest, mode: i32) {
    let u = dest.u_threshold;
    if u != 0 {
        let l = dest.l_threshold_val;
        let conns = totalconns(dest).cast_unsigned();
        if conns >= if mode > 0 { l } else { u } {
            dest.overload = true;
            return;
        }
        if conns >= if mode < 0 { u } else { l } {
            return;
        }
    }
    dest.overload = false;
}
