//! Who answers ARP for an address (RFC 826), asked without claiming the address (RFC 5227).

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, recvfrom, sendto};
use serde::Serialize;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Interface, Mac, NetworkError};

/// `ETH_P_ARP` in `include/uapi/linux/if_ether.h`.
const ETHERTYPE: u16 = 0x0806;
/// Ethernet and IPv4 with addresses of 6 and 4 bytes.
const FORMAT: [u8; 6] = [0, 1, 8, 0, 6, 4];
const REQUEST: u8 = 1;
/// An Ethernet header and the ARP message of IPv4.
const FRAME: usize = 14 + 28;
/// How often each question is asked: a probe or its answer may get lost.
const ROUNDS: u32 = 3;
/// Less than a microsecond would mean for ever to the socket.
const SHORTEST: Duration = Duration::from_millis(1);
const WHAT: &str = "send ARP probes";

/// A host that claims an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The claimed address.
    pub address: Ipv4Addr,
    /// The number of the interface on which the claim was heard.
    pub interface: u32,
    /// Who claims it.
    pub mac: Mac,
}

/// Asks on each interface who has each address, three times, and listens for `wait`.
///
/// The questions carry the sender address 0.0.0.0, so that nobody's neighbour table changes. A
/// Linux host answers them as `arp_ignore` says (`arp_process` in `net/ipv4/arp.c`, Linux 6.12).
/// Interfaces that do not speak ARP are passed over. Each claim is listed once, sorted.
///
/// # Errors
///
/// `EPERM`: packet sockets need `CAP_NET_RAW`.
pub fn probe(
    interfaces: &[&Interface],
    addresses: &[Ipv4Addr],
    wait: Duration,
) -> Result<Vec<Claim>, NetworkError> {
    ask_and_listen(interfaces, addresses, wait).map_err(|error| NetworkError::socket(WHAT, error))
}

fn ask_and_listen(
    interfaces: &[&Interface],
    addresses: &[Ipv4Addr],
    wait: Duration,
) -> io::Result<Vec<Claim>> {
    let socket = open()?;
    let senders = senders(interfaces)?;
    let start = Instant::now();
    let mut claims = Vec::new();
    for round in 1..=ROUNDS {
        for sender in &senders {
            ask(&socket, sender, addresses)?;
        }
        claims.extend(listen(&socket, start + wait * round / ROUNDS)?);
    }
    let asked: HashSet<&Ipv4Addr> = addresses.iter().collect();
    claims.retain(|claim| asked.contains(&claim.address));
    claims.sort_by_key(|claim| (claim.address, claim.interface, claim.mac));
    claims.dedup();
    Ok(claims)
}

fn ask(socket: &Socket, sender: &Sender<'_>, addresses: &[Ipv4Addr]) -> io::Result<()> {
    let Sender { name, mac, link } = sender;
    for address in addresses {
        tracing::debug!(interface = name, %address, "ARP probe");
        let frame = question(*mac, *address);
        match sendto(socket.as_raw_fd(), &frame, link, MsgFlags::empty()) {
            // An interface that went down meanwhile has no neighbours.
            Ok(_) | Err(Errno::ENETDOWN | Errno::ENXIO) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn open() -> io::Result<Socket> {
    let protocol = Protocol::from(i32::from(ETHERTYPE.to_be()));
    Socket::new(Domain::PACKET, Type::RAW, Some(protocol))
}

/// An interface that speaks ARP.
struct Sender<'a> {
    name: &'a str,
    mac: Mac,
    link: LinkAddr,
}

/// The interfaces that speak ARP, each with its packet-level address, which only `getifaddrs` makes
/// without `unsafe`.
fn senders<'a>(interfaces: &[&'a Interface]) -> io::Result<Vec<Sender<'a>>> {
    let links: Vec<LinkAddr> = getifaddrs()?
        .filter_map(|entry| entry.address?.as_link_addr().copied())
        .collect();
    let sender = |interface: &&'a Interface| {
        let index = interface.index as usize;
        let link = links.iter().find(|link| link.ifindex() == index)?;
        Some(Sender {
            name: interface.name.as_str(),
            mac: interface.mac?,
            link: *link,
        })
    };
    let up = interfaces.iter().filter(|interface| interface.up);
    Ok(up.filter_map(sender).collect())
}

/// Hears every ARP message of the namespace's interfaces until `end`.
fn listen(socket: &Socket, end: Instant) -> io::Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let mut frame = [0; 2048];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(claims);
        }
        socket.set_read_timeout(Some(left.max(SHORTEST)))?;
        match recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut frame) {
            Ok((length, Some(from))) => {
                let interface = u32::try_from(from.ifindex()).unwrap_or_default();
                claims.extend(claim(&frame[..length.min(frame.len())], interface));
            }
            Ok((_, None)) | Err(Errno::EAGAIN | Errno::EINTR | Errno::ENETDOWN) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The whole frame that asks who has `address`.
fn question(own: Mac, address: Ipv4Addr) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME);
    frame.extend([0xff; 6]);
    frame.extend(own.0);
    frame.extend(ETHERTYPE.to_be_bytes());
    frame.extend(FORMAT);
    frame.extend([0, REQUEST]);
    frame.extend(own.0);
    frame.extend(Ipv4Addr::UNSPECIFIED.octets());
    frame.extend([0; 6]);
    frame.extend(address.octets());
    frame
}

/// The sender's claim to its address in an ARP message; questions claim it as well as answers.
fn claim(frame: &[u8], interface: u32) -> Option<Claim> {
    let message = frame.get(14..FRAME)?;
    if frame.get(12..14)? != ETHERTYPE.to_be_bytes() || message.get(..6)? != FORMAT {
        return None;
    }
    let address: [u8; 4] = message.get(14..18)?.try_into().ok()?;
    Some(Claim {
        address: address.into(),
        interface,
        mac: Mac::from_bytes(message.get(8..14)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Mac = Mac([2, 0, 0, 0, 0, 1]);

    #[test]
    fn a_question_claims_nothing_but_asks_for_the_address() {
        let frame = question(OWN, [10, 0, 0, 1].into());
        assert_eq!(frame.len(), FRAME);
        assert_eq!(
            &frame[..14],
            &[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6]
        );
        assert_eq!(&frame[14..22], &[0, 1, 8, 0, 6, 4, 0, 1]);
        assert_eq!(&frame[28..32], &[0; 4]);
        assert_eq!(&frame[38..], &[10, 0, 0, 1]);
    }

    #[test]
    fn an_answer_is_read_and_nothing_shorter_or_else_is() {
        let mut answer = question(OWN, [10, 0, 0, 9].into());
        answer[21] = 2;
        answer[28..32].copy_from_slice(&[10, 0, 0, 1]);
        let expected = Claim {
            address: [10, 0, 0, 1].into(),
            interface: 7,
            mac: OWN,
        };
        assert_eq!(claim(&answer, 7), Some(expected));
        for length in 0..FRAME {
            assert_eq!(claim(&answer[..length], 7), None, "{length}");
        }
        answer[13] = 0;
        assert_eq!(claim(&answer, 7), None);
    }
}
