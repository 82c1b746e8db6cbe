//! Addresses: 16 bytes in network order, whose family is said elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::AddressFamily;
use crate::abi;

/// `union nf_inet_addr` (`include/uapi/linux/netfilter.h`).
pub(super) fn encode(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let mut union = [0; 16];
            union[..4].copy_from_slice(&address.octets());
            union
        }
    }
}

pub(super) fn decode(union: [u8; 16], family: AddressFamily) -> IpAddr {
    match family {
        AddressFamily::Ipv6 => IpAddr::V6(Ipv6Addr::from(union)),
        AddressFamily::Ipv4 => {
            let [a, b, c, d, ..] = union;
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
    }
}

pub(super) const fn family_number(family: AddressFamily) -> u16 {
    match family {
        AddressFamily::Ipv4 => abi::FAMILY_IPV4,
        AddressFamily::Ipv6 => abi::FAMILY_IPV6,
    }
}

pub(super) const fn family_from_number(number: u16) -> Option<AddressFamily> {
    match number {
        abi::FAMILY_IPV4 => Some(AddressFamily::Ipv4),
        abi::FAMILY_IPV6 => Some(AddressFamily::Ipv6),
        _ => None,
    }
}
