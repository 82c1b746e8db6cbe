//! Addresses from all over the place.

use std::net::{Ipv4Addr, Ipv6Addr};

use fastrand::Rng;

/// The families, as far as addresses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// Any address, as text for an option with a port: IPv6 in brackets.
pub fn any(family: Family, rng: &mut Rng) -> String {
    match family {
        Family::V4 => Ipv4Addr::from_bits(rng.u32(..)).to_string(),
        Family::V6 => format!("[{}]", Ipv6Addr::from_bits(rng.u128(..))),
    }
}

/// An address that the kernel takes for a real server's: unicast, and nobody's in the namespace.
pub fn real_server(family: Family, rng: &mut Rng) -> String {
    match family {
        Family::V4 => loop {
            let address = Ipv4Addr::from_bits(rng.u32(..));
            let [first, second, ..] = address.octets();
            let is_ours = first == 127 || (first, second) == (192, 168);
            if first != 0 && first != 255 && !address.is_multicast() && !is_ours {
                return address.to_string();
            }
        },
        Family::V6 => loop {
            let address = Ipv6Addr::from_bits(rng.u128(..));
            let refused = address.is_multicast() || address.is_unicast_link_local();
            if !refused && address.segments()[0] != 0 {
                return format!("[{address}]");
            }
        },
    }
}
