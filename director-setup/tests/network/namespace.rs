//! Network namespaces for tests: each is a thread that has moved into a new one.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::mpsc;
use std::thread;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkInfo, LinkMessage,
};
use nix::sched::{CloneFlags, unshare};

use director_setup::network::address::{self, InterfaceAddress};
use director_setup::network::interface::{self, Interface};
use director_setup::network::rtnetlink::Socket;

type Work = Box<dyn FnOnce() + Send>;

/// A network namespace; it ends with this value.
pub struct Namespace {
    work: mpsc::Sender<Work>,
}

impl Namespace {
    /// A new one with its loopback interface up; nothing, and a line that says so, without root.
    pub fn create() -> Option<Self> {
        let (work, todo) = mpsc::channel::<Work>();
        let (told, ready) = mpsc::channel();
        thread::spawn(move || {
            let entered = unshare(CloneFlags::CLONE_NEWNET);
            told.send(entered).expect("the test waits");
            if entered.is_ok() {
                for work in todo {
                    work();
                }
            }
        });
        if let Err(errno) = ready.recv().expect("the thread tells") {
            assert!(
                std::env::var_os("CI").is_none(),
                "no network namespace: {errno}"
            );
            eprintln!("skipped: cannot make a network namespace: {errno}");
            return None;
        }
        let namespace = Self { work };
        namespace.run(|| set_up("lo"));
        Some(namespace)
    }

    /// Runs `work` in the namespace.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, result) = mpsc::channel();
        let work = Box::new(move || answer.send(work()).expect("the test waits"));
        self.work.send(work).expect("the thread works");
        result.recv().expect("the work did not panic")
    }

    /// Joins the interface `name` here to the interface `peer` of another namespace; both are up.
    pub fn connect(&self, name: &'static str, other: &Self, peer: &'static str) {
        let file = other.run(|| File::open("/proc/thread-self/ns/net").unwrap());
        self.run(move || {
            let mut far = LinkMessage::default();
            far.attributes = vec![
                LinkAttribute::IfName(peer.to_owned()),
                LinkAttribute::NetNsFd(file.as_raw_fd()),
            ];
            let mut link = LinkMessage::default();
            link.attributes = vec![
                LinkAttribute::IfName(name.to_owned()),
                LinkAttribute::LinkInfo(vec![
                    LinkInfo::Kind(InfoKind::Veth),
                    LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(far))),
                ]),
            ];
            add(RouteNetlinkMessage::NewLink(link));
            set_up(name);
        });
        other.run(move || set_up(peer));
    }

    /// Gives an interface an address.
    pub fn add_address(&self, interface: &'static str, address: [u8; 4], prefix: u8) {
        self.run(move || {
            let mut socket = Socket::open().unwrap();
            let address = InterfaceAddress {
                interface: find(interface).index,
                address: address.into(),
                prefix,
            };
            address::add(&mut socket, &address).unwrap();
        });
    }

    /// Takes an address from an interface.
    pub fn remove_address(&self, interface: &'static str, address: [u8; 4]) {
        self.run(move || {
            let mut socket = Socket::open().unwrap();
            let address = InterfaceAddress::single(find(interface).index, address.into());
            address::remove(&mut socket, &address).unwrap();
        });
    }
}

/// The interface of this name in the namespace of the calling thread.
pub fn find(name: &str) -> Interface {
    let interfaces = interface::list(&mut Socket::open().unwrap()).unwrap();
    let mut interfaces = interfaces.into_iter();
    interfaces
        .find(|one| one.name.as_str() == name)
        .expect("it is there")
}

fn set_up(name: &str) {
    interface::set_up(&mut Socket::open().unwrap(), &find(name)).unwrap();
}

/// Sends a request for a new object.
fn add(message: RouteNetlinkMessage) {
    let mut packet = NetlinkMessage::from(message);
    packet.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    packet.finalize();
    let mut bytes = vec![0; packet.buffer_len()];
    packet.serialize(&mut bytes);
    let socket = netlink_sys::Socket::new(netlink_sys::protocols::NETLINK_ROUTE).unwrap();
    socket.connect(&netlink_sys::SocketAddr::new(0, 0)).unwrap();
    socket.send(&bytes, 0).unwrap();
    let (answer, _) = socket.recv_from_full().unwrap();
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).unwrap();
    match answer.payload {
        NetlinkPayload::Error(error) => assert_eq!(error.code, None, "{error:?}"),
        other => panic!("{other:?}"),
    }
}
