//! Copies of the generic netlink messages of a namespace, made by the kernel's `nlmon` device.

use std::io;
use std::os::fd::AsRawFd;

use nix::sys::socket::{LinkAddr, recvfrom, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

use crate::ipvsadm::director::Director;
use crate::ipvsadm::links::COPIES_INDEX;

/// `ETH_P_ALL` in network byte order, as packet(7) wants it.
const ALL_FRAMES: i32 = 0x0003_u16.to_be() as i32;
/// `NETLINK_GENERIC`, which stands in the place of a frame's protocol.
const GENERIC: u16 = 16;
/// Room for a dump of many services.
const BUFFER: usize = 16 << 20;
/// More than the largest datagram of a dump.
const LONGEST: usize = 1 << 18;

/// A socket that gets the copies.
pub struct Copies(Socket);

impl Copies {
    pub fn open(director: &Director) -> Self {
        director
            .within(|_| Self::open_here())
            .map(Self)
            .expect("the guest copies netlink messages")
    }

    fn open_here() -> io::Result<Socket> {
        let protocol = Some(Protocol::from(ALL_FRAMES));
        let socket = Socket::new(Domain::PACKET, Type::DGRAM, protocol)?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, sockopt::RcvBufForce, &BUFFER)?;
        Ok(socket)
    }

    /// The datagrams of generic netlink so far, to and from the kernel.
    pub fn read(&self) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        let mut buffer = vec![0; LONGEST];
        // The socket does not block: an error is the end.
        while let Ok((length, Some(from))) = recvfrom::<LinkAddr>(self.0.as_raw_fd(), &mut buffer) {
            let is_copy = from.ifindex() == COPIES_INDEX as usize;
            if is_copy && from.protocol() == GENERIC.to_be() {
                datagrams.push(buffer[..length].to_vec());
            }
        }
        datagrams
    }
}
