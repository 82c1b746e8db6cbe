//! Addresses of interfaces.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use serde::Serialize;

use super::NetworkError;
use super::rtnetlink::Socket;

/// An address with its network on an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InterfaceAddress {
    /// The number of the interface.
    pub interface: u32,
    /// The host's address.
    pub address: IpAddr,
    /// How many leading bits are the network's.
    pub prefix: u8,
}

impl InterfaceAddress {
    /// An address alone: prefix 32, or 128 for IPv6.
    pub const fn single(interface: u32, address: IpAddr) -> Self {
        Self {
            interface,
            address,
            prefix: full_prefix(address),
        }
    }

    /// Whether `other` is in the network of this address.
    pub fn network_contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

/// The prefix that leaves no bit to a network's hosts.
pub const fn full_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The addresses of the namespace, IPv4 and IPv6.
pub fn list(socket: &mut Socket) -> Result<Vec<InterfaceAddress>, NetworkError> {
    let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    let answers = socket.dump("list the addresses", request)?;
    Ok(answers
        .into_iter()
        .filter_map(|answer| match answer {
            RouteNetlinkMessage::NewAddress(message) => read(&message),
            _ => None,
        })
        .collect())
}

/// On a point-to-point interface "local" is the host's own address and "address" its peer's;
/// IPv6 mostly has "address" only.
fn read(message: &AddressMessage) -> Option<InterfaceAddress> {
    let attributes = message.attributes.iter();
    let local = attributes.clone().find_map(|attribute| match attribute {
        AddressAttribute::Local(address) => Some(*address),
        _ => None,
    });
    let address = attributes.clone().find_map(|attribute| match attribute {
        AddressAttribute::Address(address) => Some(*address),
        _ => None,
    });
    Some(InterfaceAddress {
        interface: message.header.index,
        address: local.or(address)?,
        prefix: message.header.prefix_len,
    })
}

/// Adds an address; IPv6 without duplicate address detection.
pub fn add(socket: &mut Socket, address: &InterfaceAddress) -> Result<(), NetworkError> {
    let what = format!("add address {}/{}", address.address, address.prefix);
    let request = RouteNetlinkMessage::NewAddress(message(address));
    socket.ask(&what, request, NLM_F_CREATE | NLM_F_EXCL)?;
    Ok(())
}

/// Removes an address.
pub fn remove(socket: &mut Socket, address: &InterfaceAddress) -> Result<(), NetworkError> {
    let what = format!("remove address {}/{}", address.address, address.prefix);
    socket.ask(&what, RouteNetlinkMessage::DelAddress(message(address)), 0)?;
    Ok(())
}

fn message(address: &InterfaceAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.prefix_len = address.prefix;
    message.header.index = address.interface;
    let ip = address.address;
    message.attributes = vec![AddressAttribute::Local(ip), AddressAttribute::Address(ip)];
    if ip.is_ipv4() {
        message.header.family = AddressFamily::Inet;
    } else {
        message.header.family = AddressFamily::Inet6;
        message.header.flags = AddressHeaderFlags::Nodad;
        message
            .attributes
            .push(AddressAttribute::Flags(AddressFlags::Nodad));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str, prefix: u8) -> InterfaceAddress {
        InterfaceAddress {
            interface: 1,
            address: text.parse().unwrap(),
            prefix,
        }
    }

    #[test]
    fn a_network_contains_what_agrees_in_its_leading_bits() {
        let inside =
            |one: &InterfaceAddress, other: &str| one.network_contains(other.parse().unwrap());
        assert!(inside(&on("10.0.1.1", 24), "10.0.1.255"));
        assert!(!inside(&on("10.0.1.1", 24), "10.0.2.1"));
        assert!(inside(&on("10.0.1.1", 0), "192.0.2.1"));
        assert!(!inside(&on("10.0.1.1", 32), "10.0.1.2"));
        assert!(inside(&on("fd00::1", 64), "fd00::ffff"));
        assert!(!inside(&on("fd00::1", 64), "10.0.1.1"));
    }
}
