//! Neighbour tables: which MAC address this host believes an address to have.

use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use serde::Serialize;

use super::rtnetlink::Socket;
use super::{Mac, NetworkError};

/// An entry of the neighbour table that has a MAC address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// The number of the interface.
    pub interface: u32,
    /// The neighbour's address.
    pub address: IpAddr,
    /// The neighbour's MAC address.
    pub mac: Mac,
}

/// The neighbours of every interface, IPv4 and IPv6.
pub fn list(socket: &mut Socket) -> Result<Vec<Neighbour>, NetworkError> {
    let request = RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default());
    let answers = socket.dump("list the neighbours", request)?;
    Ok(answers
        .into_iter()
        .filter_map(|answer| match answer {
            RouteNetlinkMessage::NewNeighbour(message) => read(&message),
            _ => None,
        })
        .collect())
}

fn read(message: &NeighbourMessage) -> Option<Neighbour> {
    let attributes = message.attributes.iter();
    let address = attributes.clone().find_map(|attribute| match attribute {
        NeighbourAttribute::Destination(NeighbourAddress::Inet(address)) => Some((*address).into()),
        NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)) => {
            Some((*address).into())
        }
        _ => None,
    })?;
    let mac = attributes.clone().find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(bytes) => Mac::from_bytes(bytes),
        _ => None,
    })?;
    Some(Neighbour {
        interface: message.header.ifindex,
        address,
        mac,
    })
}
