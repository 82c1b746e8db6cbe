//! The devices of a director: loopback, one for the sync daemon, and one that copies netlink
//! messages.

use std::net::{IpAddr, Ipv4Addr};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use netns_lab::namespace::Inside;

/// The device of the sync daemon.
const DAEMON: &str = "d0";
/// Its index.
const DAEMON_INDEX: u32 = 2;
/// Its address, with 24 bits of network.
const DAEMON_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 10);
/// Index of the device that copies netlink messages.
pub const COPIES_INDEX: u32 = 3;

/// Makes the devices in the namespace of the calling thread.
pub fn make(_inside: &Inside) {
    #[expect(clippy::disallowed_methods, reason = "the thread is inside")]
    let mut socket = Socket::new(NETLINK_ROUTE).expect("routing netlink is there");
    socket.bind_auto().expect("it can be bound");
    let mut address = AddressMessage::default();
    address.header.family = AddressFamily::Inet;
    address.header.prefix_len = 24;
    address.header.index = DAEMON_INDEX;
    address.attributes = vec![
        AddressAttribute::Local(IpAddr::V4(DAEMON_ADDRESS)),
        AddressAttribute::Address(IpAddr::V4(DAEMON_ADDRESS)),
    ];
    for request in [
        RouteNetlinkMessage::SetLink(up(1)),
        RouteNetlinkMessage::NewLink(device(DAEMON, DAEMON_INDEX, InfoKind::Dummy)),
        RouteNetlinkMessage::NewAddress(address),
        RouteNetlinkMessage::NewLink(device("copies", COPIES_INDEX, InfoKind::Nlmon)),
    ] {
        ask(&socket, request);
    }
}

fn up(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.header.flags = LinkFlags::Up;
    link.header.change_mask = LinkFlags::Up;
    link
}

fn device(name: &str, index: u32, kind: InfoKind) -> LinkMessage {
    let mut link = up(index);
    link.attributes = vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind)]),
    ];
    link
}

/// Sends a request and waits until it is done.
fn ask(socket: &Socket, request: RouteNetlinkMessage) {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK;
    if !matches!(request, RouteNetlinkMessage::SetLink(_)) {
        header.flags |= NLM_F_CREATE | NLM_F_EXCL;
    }
    let what = format!("{request:?}");
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    let kernel = SocketAddr::new(0, 0);
    socket
        .send_to(&bytes, &kernel, 0)
        .expect("the kernel takes requests");
    let (answer, _) = socket.recv_from_full().expect("the kernel answers");
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer)
        .expect("the kernel's answer is a netlink message");
    match answer.payload {
        NetlinkPayload::Error(error) if error.code.is_none() => {}
        other => panic!("{what}: {other:?}"),
    }
}
