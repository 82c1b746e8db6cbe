//! Where connections come from.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use tokio::net::{TcpSocket, TcpStream};

/// Source addresses and ports that connections take in turn: every port of every address is used
/// once before any is used again.
///
/// Left to itself, the kernel draws ports at random, and of 10 000 connections some hundreds get
/// a port that an earlier one had (`__inet_hash_connect`, Linux 5.18 and later). Whatever keeps
/// connections by address and port, such as IPVS or a firewall, then takes the new for the old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePool {
    /// Local addresses; with none the kernel chooses.
    pub addresses: Vec<IpAddr>,
    /// Ports of each.
    pub ports: RangeInclusive<u16>,
}

impl SourcePool {
    /// How many connections have a source of their own.
    pub fn len(&self) -> u64 {
        self.addresses.len() as u64 * self.ports.len() as u64
    }

    /// Whether there is no source in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The source whose turn comes after `turn` others.
    fn source(&self, turn: u64) -> Option<SocketAddr> {
        let turn = turn.checked_rem(self.len())?;
        let addresses = self.addresses.len() as u64;
        let address = self
            .addresses
            .get(usize::try_from(turn % addresses).ok()?)?;
        let offset = u16::try_from(turn / addresses).ok()?;
        Some(SocketAddr::new(*address, self.ports.start() + offset))
    }
}

/// Whose turn it is in one run.
#[derive(Debug)]
pub(crate) struct Turns<'a> {
    pool: Option<&'a SourcePool>,
    next: Cell<u64>,
}

impl<'a> Turns<'a> {
    pub(crate) fn new(pool: Option<&'a SourcePool>) -> Self {
        Self {
            pool,
            next: Cell::new(0),
        }
    }

    /// Connects from the next source that is free.
    pub(crate) async fn connect(&self, target: SocketAddr) -> io::Result<TcpStream> {
        let Some(pool) = self.pool.filter(|pool| !pool.is_empty()) else {
            return TcpStream::connect(target).await;
        };
        for _ in 0..pool.len() {
            let turn = self.next.replace(self.next.get().wrapping_add(1));
            let Some(source) = pool.source(turn) else {
                break;
            };
            match bound(source, target) {
                Ok(socket) => return socket.connect(target).await,
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AddrNotAvailable.into())
    }
}

fn bound(source: SocketAddr, target: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if target.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port that waits in TIME_WAIT may be used again, as the kernel itself would do.
    socket.set_reuseaddr(true)?;
    socket.bind(source)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;

    use super::*;

    fn pool() -> SourcePool {
        let address = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        SourcePool {
            addresses: vec![address(1), address(2), address(3)],
            ports: 2000..=2009,
        }
    }

    #[test]
    fn every_source_has_its_turn_before_any_comes_again() {
        let pool = pool();
        let round: BTreeSet<_> = (0..30).filter_map(|turn| pool.source(turn)).collect();
        assert_eq!(round.len(), 30);
        assert_eq!(pool.source(30), pool.source(0));
    }

    #[test]
    fn the_last_port_is_reached() {
        let ports = pool().ports;
        let all = SourcePool {
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            ports: 1..=u16::MAX,
        };
        assert_eq!(
            all.source(u64::from(u16::MAX) - 1).unwrap().port(),
            u16::MAX
        );
        assert_eq!(pool().source(29).unwrap().port(), *ports.end());
    }

    #[test]
    fn an_empty_pool_has_no_turn() {
        let empty = SourcePool {
            addresses: vec![],
            ports: 1..=9,
        };
        assert!(empty.is_empty());
        assert_eq!(empty.source(0), None);
    }
}
