//! A tap on the director: which connections opened and closed, in the order in which its IPVS saw
//! it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddrV4;
use std::os::fd::AsRawFd;
use std::time::Duration;

use analysis::observation::{SegmentKind, Sender, TracedSegment};
use etherparse::{Ipv4HeaderSlice, TcpHeaderSlice};
use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::time::{ClockId, clock_gettime};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use crate::namespace::Inside;

/// `ETH_P_IP` in network byte order, as packet(7) wants it.
const IPV4_FRAMES: i32 = 0x0800_u16.to_be() as i32;

/// Room for some 20 000 segments between two reads.
const BUFFER: usize = 16 << 20;

/// The longest IPv4 header and TCP header.
const SNAP: usize = 120;

/// `BPF_LD`, `BPF_JMP`, ... of `include/uapi/linux/bpf_common.h`.
mod bpf {
    pub const LOAD_BYTE: u16 = 0x30;
    pub const LOAD_BYTE_INDEXED: u16 = 0x50;
    pub const LOAD_HEADER_LENGTH: u16 = 0xb1;
    pub const AND: u16 = 0x54;
    pub const JUMP_EQUAL: u16 = 0x15;
    pub const JUMP_ANY_BIT: u16 = 0x45;
    pub const RETURN: u16 = 0x06;
}

/// Offset of the protocol in an IPv4 header, and of the flags in a TCP header.
const PROTOCOL: u32 = 9;
const FLAGS: u32 = 13;
const TCP: u32 = 6;
const FIN: u32 = 0x01;
const SYN: u32 = 0x02;
const RST: u32 = 0x04;
const ACK: u32 = 0x10;

/// Passes TCP segments with FIN or RST, and those with SYN without ACK. What is read begins with
/// the IPv4 header.
fn filter() -> [SockFilter; 9] {
    let accept = u32::try_from(SNAP).unwrap_or(u32::MAX);
    [
        SockFilter::new(bpf::LOAD_BYTE, 0, 0, PROTOCOL),
        SockFilter::new(bpf::JUMP_EQUAL, 0, 6, TCP),
        SockFilter::new(bpf::LOAD_HEADER_LENGTH, 0, 0, 0),
        SockFilter::new(bpf::LOAD_BYTE_INDEXED, 0, 0, FLAGS),
        SockFilter::new(bpf::JUMP_ANY_BIT, 2, 0, FIN | RST),
        SockFilter::new(bpf::AND, 0, 0, SYN | ACK),
        SockFilter::new(bpf::JUMP_EQUAL, 0, 1, SYN),
        SockFilter::new(bpf::RETURN, 0, 0, accept),
        SockFilter::new(bpf::RETURN, 0, 0, 0),
    ]
}

/// A packet socket that sees every frame that the director receives, and none that it sends.
pub struct Tap {
    socket: Socket,
    vip: SocketAddrV4,
    /// On the real-time clock, as the packets' own times are.
    began: Duration,
    segments: Vec<TracedSegment>,
}

impl Tap {
    /// Opens the tap in the director's namespace, to which the calling thread has moved.
    ///
    /// A socket for `ETH_P_IP` alone gets received frames only and hands the kernel's own
    /// processing on without a copy (`__netif_receive_skb_core`, Linux 6.1).
    pub fn open(_inside: &Inside, vip: SocketAddrV4) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::PACKET,
            Type::DGRAM,
            Some(Protocol::from(IPV4_FRAMES)),
        )?;
        socket.attach_filter(&filter())?;
        socket.set_nonblocking(true)?;
        // Beyond the limit of net.core.rmem_max, which namespaces cannot raise.
        setsockopt(&socket, sockopt::RcvBufForce, &BUFFER)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Self {
            socket,
            vip,
            began: Duration::from(clock_gettime(ClockId::CLOCK_REALTIME)?),
            segments: Vec::new(),
        })
    }

    /// Reads what has come in since the last call.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut buffer = [0; SNAP];
        loop {
            match receive(&self.socket, &mut buffer) {
                Ok((length, received)) => {
                    let at = received.saturating_sub(self.began);
                    self.segments.extend(parse(&buffer[..length], self.vip, at));
                }
                Err(Errno::EAGAIN) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Everything seen, in order.
    pub fn into_segments(self) -> Vec<TracedSegment> {
        self.segments
    }
}

/// Reads a packet and the time at which the kernel received it, on its real-time clock.
fn receive(socket: &Socket, buffer: &mut [u8]) -> nix::Result<(usize, Duration)> {
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::empty(),
    )?;
    let stamp = message.cmsgs()?.find_map(|part| match part {
        ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
        _ => None,
    });
    // The socket asks for it, so every packet has one.
    Ok((message.bytes, stamp.ok_or(Errno::ENOMSG)?))
}

/// Understands a packet of the service: to the VIP, or from anywhere else as a reply.
fn parse(packet: &[u8], vip: SocketAddrV4, at: Duration) -> Option<TracedSegment> {
    let ip = Ipv4HeaderSlice::from_slice(packet).ok()?;
    let tcp = TcpHeaderSlice::from_slice(packet.get(ip.slice().len()..)?).ok()?;
    let kind = if tcp.rst() {
        SegmentKind::Rst
    } else if tcp.syn() {
        SegmentKind::Syn
    } else {
        SegmentKind::Fin
    };
    let source = SocketAddrV4::new(ip.source_addr(), tcp.source_port());
    let destination = SocketAddrV4::new(ip.destination_addr(), tcp.destination_port());
    Some(if destination == vip {
        TracedSegment {
            at,
            client: source,
            from: Sender::Client,
            kind,
        }
    } else {
        TracedSegment {
            at,
            client: destination,
            from: Sender::Server(*source.ip()),
            kind,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use etherparse::PacketBuilder;

    use super::*;

    const VIP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 1), 80);

    fn packet(from: [u8; 4], from_port: u16, to: [u8; 4], to_port: u16, flags: &str) -> Vec<u8> {
        let mut builder = PacketBuilder::ipv4(from, to, 64).tcp(from_port, to_port, 1, 1000);
        for flag in flags.chars() {
            builder = match flag {
                'S' => builder.syn(),
                'F' => builder.fin(),
                'R' => builder.rst(),
                _ => builder.ack(1),
            };
        }
        let mut bytes = Vec::new();
        builder.write(&mut bytes, &[]).unwrap();
        bytes
    }

    #[test]
    fn a_clients_syn_opens() {
        let syn = packet([192, 168, 0, 254], 40_000, [192, 168, 0, 1], 80, "S");
        let segment = parse(&syn, VIP, Duration::ZERO).unwrap();
        assert_eq!(
            segment.client,
            SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 254), 40_000)
        );
        assert_eq!(
            (segment.from, segment.kind),
            (Sender::Client, SegmentKind::Syn)
        );
    }

    #[test]
    fn a_real_servers_fin_names_it() {
        let fin = packet([192, 168, 1, 2], 80, [192, 168, 0, 254], 40_000, "FA");
        let segment = parse(&fin, VIP, Duration::ZERO).unwrap();
        assert_eq!(segment.client.port(), 40_000);
        assert_eq!(segment.from, Sender::Server(Ipv4Addr::new(192, 168, 1, 2)));
        assert_eq!(segment.kind, SegmentKind::Fin);
    }

    #[test]
    fn a_reset_wins_over_everything_else() {
        let reset = packet([192, 168, 0, 254], 1, [192, 168, 0, 1], 80, "RFA");
        assert_eq!(
            parse(&reset, VIP, Duration::ZERO).unwrap().kind,
            SegmentKind::Rst
        );
    }

    #[test]
    fn a_cut_packet_is_nothing() {
        let syn = packet([192, 168, 0, 254], 40_000, [192, 168, 0, 1], 80, "S");
        for length in 0..syn.len() {
            assert_eq!(parse(&syn[..length], VIP, Duration::ZERO), None);
        }
    }
}
