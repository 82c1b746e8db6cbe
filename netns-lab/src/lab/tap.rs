//! A tap on the director: which connections opened and closed, in the order in which its IPVS saw
//! it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddrV4;
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime};

use analysis::observation::{SegmentKind, Sender, TracedSegment};
use etherparse::{Ipv4HeaderSlice, TcpHeaderSlice};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns, RxqOvfl};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
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
    /// By the clock of the day, as the kernel's timestamps are.
    began: SystemTime,
    /// Room for what the kernel says beside a packet.
    beside: Vec<u8>,
    segments: Vec<TracedSegment>,
    lost: u32,
}

/// One packet that was read.
struct Received {
    length: usize,
    /// When the director received it.
    at: SystemTime,
    /// How many before it found no room in the socket's buffer.
    lost: u32,
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
        setsockopt(&socket, RcvBufForce, &BUFFER)?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        setsockopt(&socket, RxqOvfl, &1)?;
        Ok(Self {
            socket,
            vip,
            began: SystemTime::now(),
            beside: cmsg_space!(TimeSpec, u32),
            segments: Vec::new(),
            lost: 0,
        })
    }

    /// Reads what has come in since the last call.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut buffer = [0; SNAP];
        loop {
            let received = match receive(&self.socket, &mut buffer, &mut self.beside) {
                Ok(received) => received,
                Err(Errno::EAGAIN) => return Ok(()),
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            self.lost = received.lost;
            let at = self.time_of(received.at);
            let segment = parse(&buffer[..received.length], self.vip, at);
            self.segments.extend(segment);
        }
    }

    /// Time since the tap was opened; it never runs backwards, whatever the clock of the day does.
    fn time_of(&self, at: SystemTime) -> Duration {
        let since = at.duration_since(self.began).unwrap_or_default();
        let last = self.segments.last();
        last.map_or(since, |last| since.max(last.at))
    }

    /// How many packets came that the tap had no room for, as far as later ones told.
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// Everything seen, in order.
    pub fn into_segments(self) -> Vec<TracedSegment> {
        self.segments
    }
}

/// Reads a packet, its timestamp (`SO_TIMESTAMPNS`) and the count of lost ones (`SO_RXQ_OVFL`).
fn receive(socket: &Socket, buffer: &mut [u8], beside: &mut [u8]) -> nix::Result<Received> {
    let mut packet = [IoSliceMut::new(buffer)];
    let descriptor = socket.as_raw_fd();
    let message = recvmsg::<()>(descriptor, &mut packet, Some(beside), MsgFlags::empty())?;
    let (mut at, mut lost) = (None, 0);
    for said in message.cmsgs()? {
        match said {
            ControlMessageOwned::ScmTimestampns(time) => {
                at = Some(SystemTime::UNIX_EPOCH + Duration::from(time));
            }
            ControlMessageOwned::RxqOvfl(count) => lost = count,
            _ => {}
        }
    }
    Ok(Received {
        length: message.bytes,
        at: at.unwrap_or_else(SystemTime::now),
        lost,
    })
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
