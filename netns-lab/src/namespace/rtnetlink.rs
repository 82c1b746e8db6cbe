//! Links, addresses and routes over routing netlink (rtnetlink(7)).

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use ipnet::Ipv4Net;
use netlink_packet_core::{
    DecodeError, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use super::Inside;
use crate::topology::{Mac, Route};

/// How many requests are sent before their acknowledgements are read; each takes less than 512
/// bytes of the receive buffer.
const BATCH: usize = 64;

/// `RT_TABLE_LOCAL` of `include/uapi/linux/rtnetlink.h`.
const TABLE_LOCAL: u8 = 255;

/// A request to routing netlink failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RtError {
    /// No socket.
    #[error("cannot open a routing netlink socket")]
    Open(#[source] io::Error),
    /// The request or its answer got lost.
    #[error("cannot talk to the kernel over routing netlink")]
    Transport(#[source] io::Error),
    /// The kernel's answer makes no sense.
    #[error("cannot understand the kernel's answer over routing netlink")]
    Decode(#[source] DecodeError),
    /// The kernel refused.
    #[error("cannot {what}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Why not.
        source: io::Error,
    },
}

/// A routing netlink socket; it acts on the namespace in which it was opened, from any thread.
pub struct RtSocket {
    socket: Socket,
    sequence: u32,
}

/// A request and its description for an error message.
pub(super) struct Request {
    what: String,
    message: RouteNetlinkMessage,
}

/// The end of a veth pair that is a port of a bridge in the socket's own namespace.
pub(super) struct Port<'a> {
    pub name: &'a str,
    pub index: u32,
    /// Index of the bridge.
    pub bridge: u32,
}

/// The other end, in another namespace.
pub(super) struct Peer<'a> {
    pub namespace: BorrowedFd<'a>,
    pub name: &'a str,
    pub index: u32,
    pub mac: Mac,
}

impl Request {
    /// A bridge that is up.
    pub fn add_bridge(name: &str, index: u32) -> Self {
        let mut link = up(index);
        link.attributes = vec![
            LinkAttribute::IfName(name.to_owned()),
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]),
        ];
        Self {
            what: format!("add bridge {name}"),
            message: RouteNetlinkMessage::NewLink(link),
        }
    }

    /// A veth pair, each end in its namespace from the start.
    ///
    /// The port is up. Its peer cannot be yet: it has no port while it is made (`veth_open` in
    /// `drivers/net/veth.c`, Linux 6.1: `ENOTCONN`).
    pub fn add_veth(port: &Port<'_>, peer: &Peer<'_>) -> Self {
        let mut link = up(port.index);
        link.attributes = vec![
            LinkAttribute::IfName(port.name.to_owned()),
            LinkAttribute::Controller(port.bridge),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Veth),
                LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer.message()))),
            ]),
        ];
        let what = format!("add veth pair {} - {}", port.name, peer.name);
        Self {
            what,
            message: RouteNetlinkMessage::NewLink(link),
        }
    }

    /// Sets an interface up.
    pub fn set_up(index: u32) -> Self {
        let what = format!("set interface {index} up");
        Self {
            what,
            message: RouteNetlinkMessage::SetLink(up(index)),
        }
    }

    /// An address with its network.
    pub fn add_address(index: u32, address: Ipv4Net) -> Self {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = address.prefix_len();
        message.header.index = index;
        let ip = IpAddr::V4(address.addr());
        message.attributes = vec![AddressAttribute::Local(ip), AddressAttribute::Address(ip)];
        Self {
            what: format!("add address {address}"),
            message: RouteNetlinkMessage::NewAddress(message),
        }
    }

    /// A route; `index` is that of the interface for an on-link or a local one. A local one belongs
    /// into the table "local", where it decides what the host takes for its own.
    pub fn add_route(route: Route, index: u32) -> Self {
        let mut message = RouteMessage::default();
        message.header.address_family = AddressFamily::Inet;
        message.header.table = RouteHeader::RT_TABLE_MAIN;
        message.header.protocol = RouteProtocol::Static;
        message.header.kind = RouteType::Unicast;
        match route {
            Route::Default { via } => {
                message.attributes = vec![RouteAttribute::Gateway(RouteAddress::Inet(via))];
            }
            Route::Via { network, gateway } => {
                message.header.destination_prefix_length = network.prefix_len();
                message.attributes = vec![
                    RouteAttribute::Destination(RouteAddress::Inet(network.network())),
                    RouteAttribute::Gateway(RouteAddress::Inet(gateway)),
                ];
            }
            Route::Local { network } => {
                message.header.table = TABLE_LOCAL;
                message.header.kind = RouteType::Local;
                message.header.scope = RouteScope::Host;
                message.header.destination_prefix_length = network.prefix_len();
                message.attributes = vec![
                    RouteAttribute::Destination(RouteAddress::Inet(network.network())),
                    RouteAttribute::Oif(index),
                ];
            }
            Route::OnLink { network, .. } => {
                message.header.scope = RouteScope::Link;
                message.header.destination_prefix_length = network.prefix_len();
                message.attributes = vec![
                    RouteAttribute::Destination(RouteAddress::Inet(network.network())),
                    RouteAttribute::Oif(index),
                ];
            }
        }
        Self {
            what: format!("add route {route:?}"),
            message: RouteNetlinkMessage::NewRoute(message),
        }
    }
}

impl Peer<'_> {
    fn message(&self) -> LinkMessage {
        let mut link = LinkMessage::default();
        link.header.index = self.index;
        link.attributes = vec![
            LinkAttribute::IfName(self.name.to_owned()),
            LinkAttribute::NetNsFd(self.namespace.as_raw_fd()),
            LinkAttribute::Address(self.mac.to_vec()),
        ];
        link
    }
}

fn up(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.header.flags = LinkFlags::Up;
    link.header.change_mask = LinkFlags::Up;
    link
}

impl RtSocket {
    /// Opens a socket in the namespace of the calling thread.
    pub fn open(_inside: &Inside) -> Result<Self, RtError> {
        let open = || {
            #[expect(clippy::disallowed_methods, reason = "this is the way")]
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            // Acknowledgements then carry the header of the request, not all of it.
            socket.set_cap_ack(true)?;
            Ok(socket)
        };
        Ok(Self {
            socket: open().map_err(RtError::Open)?,
            sequence: 0,
        })
    }

    /// Makes every request and waits for all answers; the first refusal is the error, and the
    /// requests after it have been made too.
    pub(super) fn apply(&mut self, requests: Vec<Request>) -> Result<(), RtError> {
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            self.apply_batch(requests.by_ref().take(BATCH).collect())?;
        }
        Ok(())
    }

    fn apply_batch(&mut self, requests: Vec<Request>) -> Result<(), RtError> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        let mut descriptions = Vec::with_capacity(requests.len());
        for Request { what, message } in requests {
            descriptions.push(what);
            let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
            self.push(&mut bytes, message, flags);
        }
        self.socket.send(&bytes, 0).map_err(RtError::Transport)?;
        let mut waiting = descriptions.len();
        let mut refused = None;
        while waiting > 0 {
            for answer in self.receive()? {
                let which = answer.header.sequence_number.wrapping_sub(first) as usize;
                let (NetlinkPayload::Error(error), Some(what)) =
                    (&answer.payload, descriptions.get(which))
                else {
                    continue;
                };
                waiting -= 1;
                if error.code.is_some() {
                    refused.get_or_insert((what.clone(), error.to_io()));
                }
            }
        }
        refused.map_or(Ok(()), |(what, source)| {
            Err(RtError::Refused { what, source })
        })
    }

    /// Asks for a list and returns its entries.
    pub(super) fn dump(
        &mut self,
        request: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, RtError> {
        let mut bytes = Vec::new();
        self.push(&mut bytes, request, NLM_F_REQUEST | NLM_F_DUMP);
        self.socket.send(&bytes, 0).map_err(RtError::Transport)?;
        let mut entries = Vec::new();
        loop {
            for answer in self.receive()? {
                match answer.payload {
                    NetlinkPayload::InnerMessage(entry) => entries.push(entry),
                    NetlinkPayload::Done(_) => return Ok(entries),
                    NetlinkPayload::Error(error) => {
                        let what = "list neighbours".to_owned();
                        return Err(RtError::Refused {
                            what,
                            source: error.to_io(),
                        });
                    }
                    _ => {}
                }
            }
        }
    }

    fn push(&mut self, bytes: &mut Vec<u8>, message: RouteNetlinkMessage, flags: u16) {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut packet = NetlinkMessage::new(header, NetlinkPayload::from(message));
        packet.finalize();
        let start = bytes.len();
        bytes.resize(start + packet.buffer_len(), 0);
        packet.serialize(&mut bytes[start..]);
    }

    /// Receives one datagram and splits it into messages.
    fn receive(&self) -> Result<Vec<NetlinkMessage<RouteNetlinkMessage>>, RtError> {
        let (datagram, _) = self.socket.recv_from_full().map_err(RtError::Transport)?;
        let mut messages = Vec::new();
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                .map_err(RtError::Decode)?;
            // Messages start at multiples of 4 bytes (NLMSG_ALIGN).
            let length = (message.header.length as usize).next_multiple_of(4).max(4);
            rest = rest.get(length..).unwrap_or_default();
            messages.push(message);
        }
        Ok(messages)
    }
}
