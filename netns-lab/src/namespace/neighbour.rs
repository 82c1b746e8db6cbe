//! Neighbour tables: which MAC address a host believes an address to have.

use std::net::Ipv4Addr;

use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{RtError, RtSocket};
use crate::topology::Mac;

/// The MAC address that the socket's namespace has for `address`, if it has one.
pub fn neighbour_mac(socket: &mut RtSocket, address: Ipv4Addr) -> Result<Option<Mac>, RtError> {
    let mut request = NeighbourMessage::default();
    request.header.family = AddressFamily::Inet;
    let entries = socket.dump(RouteNetlinkMessage::GetNeighbour(request))?;
    Ok(entries.into_iter().find_map(|entry| match entry {
        RouteNetlinkMessage::NewNeighbour(neighbour) => mac_in(&neighbour, address),
        _ => None,
    }))
}

fn mac_in(neighbour: &NeighbourMessage, address: Ipv4Addr) -> Option<Mac> {
    let wanted = NeighbourAttribute::Destination(NeighbourAddress::Inet(address));
    if !neighbour.attributes.contains(&wanted) {
        return None;
    }
    neighbour
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            NeighbourAttribute::LinkLayerAddress(bytes) => Mac::try_from(bytes.as_slice()).ok(),
            _ => None,
        })
}
