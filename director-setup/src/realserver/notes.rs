//! What the steps do not say.

use super::{Method, Vip};

/// What is worth knowing about these VIPs, one sentence each.
pub fn notes(vips: &[Vip]) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if vips.iter().any(|vip| vip.address.is_ipv6()) {
        notes.push(IPV6);
    }
    let tunnelled = |vip: &&Vip| matches!(vip.method, Method::Tun(_));
    if vips
        .iter()
        .any(|vip| tunnelled(&vip) && vip.address.is_ipv4())
    {
        notes.push(RP_FILTER);
    }
    if vips.iter().any(|vip| tunnelled(&vip)) {
        notes.push(MTU);
    }
    notes
}

/// `ndisc_recv_ns` in `net/ipv6/ndisc.c` (Linux 6.12) looks for the address on the receiving
/// interface alone; seen on 6.18 with a VIP on `lo`, which stayed unresolved for a neighbour.
const IPV6: &str = "IPv6 has no arp_ignore and needs none: a host answers neighbour solicitations \
    only for addresses of the interface on which they arrive, so nobody learns of a VIP on lo or a \
    dummy interface. Do not put it on the interface towards the director, and keep proxy_ndp off. \
    It is added with nodad: there is no duplicate to look for.";

/// The kernel takes the greater of the two values.
const RP_FILTER: &str = "rp_filter of `all` is 0 now; an interface with a value of its own keeps \
    filtering.";

const MTU: &str = "Wrapped packets are 20 (ipip), 24 (gre) or 32 (gue) bytes longer over IPv4: \
    without room for that on the way the director answers large packets with ICMP \"fragmentation \
    needed\".";
