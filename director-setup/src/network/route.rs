//! Where the kernel would send a packet.

use std::net::IpAddr;

use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;
use serde::Serialize;

use super::NetworkError;
use super::rtnetlink::Socket;

/// The kernel's choice for one destination, as `ip route get` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Route {
    /// The destination is this host.
    Local,
    /// The destination is a neighbour.
    OnLink {
        /// The number of the interface.
        interface: u32,
    },
    /// The destination is behind a router.
    Gateway {
        /// The number of the interface.
        interface: u32,
        /// The router, if the kernel names it by an address of the destination's family.
        gateway: Option<IpAddr>,
    },
    /// There is no way, or packets are dropped on purpose.
    Unreachable,
}

impl Route {
    /// The interface through which packets leave, if they leave.
    pub const fn interface(&self) -> Option<u32> {
        match self {
            Self::OnLink { interface } | Self::Gateway { interface, .. } => Some(*interface),
            Self::Local | Self::Unreachable => None,
        }
    }
}

/// Asks the kernel for the route to `destination`, without a source address or mark.
pub fn lookup(socket: &mut Socket, destination: IpAddr) -> Result<Route, NetworkError> {
    let mut message = RouteMessage::default();
    (
        message.header.address_family,
        message.header.destination_prefix_length,
    ) = match destination {
        IpAddr::V4(_) => (AddressFamily::Inet, 32),
        IpAddr::V6(_) => (AddressFamily::Inet6, 128),
    };
    message.attributes = vec![RouteAttribute::Destination(destination.into())];
    let what = format!("look up the route to {destination}");
    match socket.ask(&what, RouteNetlinkMessage::GetRoute(message), 0) {
        Ok(answers) => Ok(answers
            .iter()
            .find_map(|answer| match answer {
                RouteNetlinkMessage::NewRoute(route) => Some(read(route)),
                _ => None,
            })
            .unwrap_or(Route::Unreachable)),
        Err(NetworkError::Refused { errno, .. }) if no_way(errno) => Ok(Route::Unreachable),
        Err(error) => Err(error),
    }
}

/// What the kernel answers where a route forbids the way or there is none; `EINVAL` is that of
/// blackhole routes (`fib_props` in `net/ipv4/fib_semantics.c`, Linux 6.12).
fn no_way(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::ENETUNREACH
            | Errno::EHOSTUNREACH
            | Errno::EACCES
            | Errno::EINVAL
            | Errno::EAFNOSUPPORT
    )
}

fn read(route: &RouteMessage) -> Route {
    match route.header.kind {
        RouteType::Local => return Route::Local,
        RouteType::Unicast | RouteType::Broadcast | RouteType::Anycast | RouteType::Multicast => {}
        _ => return Route::Unreachable,
    }
    let mut interface = None;
    let mut gateway = None;
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(index) => interface = Some(*index),
            RouteAttribute::Gateway(RouteAddress::Inet(address)) => {
                gateway = Some(Some(IpAddr::from(*address)));
            }
            RouteAttribute::Gateway(RouteAddress::Inet6(address)) => {
                gateway = Some(Some(IpAddr::from(*address)));
            }
            RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => gateway = Some(None),
            _ => {}
        }
    }
    match (interface, gateway) {
        (None, _) => Route::Unreachable,
        (Some(interface), None) => Route::OnLink { interface },
        (Some(interface), Some(gateway)) => Route::Gateway { interface, gateway },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_address_is_local_to_the_running_kernel() {
        let mut socket = Socket::open().unwrap();
        let route = lookup(&mut socket, "127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(route, Route::Local);
    }
}
