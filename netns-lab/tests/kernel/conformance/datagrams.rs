//! Datagrams from clients to whichever real server gets them.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::cmsg_space;
use nix::libc::in_pktinfo;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt};

use super::addresses::SERVER_PORT;

/// The servers' socket.
pub struct Datagrams(UdpSocket);

impl Datagrams {
    pub fn open() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, SERVER_PORT)).expect("it is free");
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true).expect("it is a socket");
        // It arrives within the call that sends it, unless the kernel leaves that to a thread.
        let limit = Some(Duration::from_secs(10));
        socket.set_read_timeout(limit).expect("it is a socket");
        Self(socket)
    }

    /// Sends one and says which server got it; `None`: the kernel refused it, with an error.
    pub fn send(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<SocketAddr> {
        let client = UdpSocket::bind(from).expect("the address is local and free");
        match client.send_to(b"datagram", to) {
            Ok(_) => Some(self.receive(from).expect("it arrives")),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            Err(error) => panic!("cannot send from {from}: {error}"),
        }
    }

    fn receive(&self, from: SocketAddrV4) -> io::Result<SocketAddr> {
        let mut payload = [0; 16];
        let mut parts = [IoSliceMut::new(&mut payload)];
        let mut control = cmsg_space!(in_pktinfo);
        let received = recvmsg::<SockaddrIn>(
            self.0.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        )?;
        assert_eq!(received.address.map(SocketAddrV4::from), Some(from));
        let addressed = received.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::Ipv4PacketInfo(info) => Some(info.ipi_addr.s_addr),
            _ => None,
        });
        let address = Ipv4Addr::from_bits(u32::from_be(addressed.expect("it was asked for")));
        Ok(SocketAddrV4::new(address, SERVER_PORT).into())
    }
}
