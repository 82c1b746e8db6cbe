//! Where connections come from.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::IpBindAddressNoPort;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpSocket, TcpStream};

use super::{Reactor, Readiness, Stream};
use crate::engine::Part;
use crate::{Close, Plan};

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
    /// Ports of each; without them the kernel chooses the port when it connects
    /// (`IP_BIND_ADDRESS_NO_PORT`), so that every target can have the same ones.
    pub ports: Option<RangeInclusive<u16>>,
}

impl SourcePool {
    /// How many turns there are before the first comes again.
    fn len(&self) -> u64 {
        let ports = self.ports.as_ref().map_or(1, ExactSizeIterator::len);
        self.addresses.len() as u64 * ports as u64
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The source whose turn comes after `turn` others; its port is 0 if the kernel chooses it.
    pub(crate) fn source(&self, turn: u64) -> Option<SocketAddr> {
        let turn = turn.checked_rem(self.len())?;
        let addresses = self.addresses.len() as u64;
        let address = self
            .addresses
            .get(usize::try_from(turn % addresses).ok()?)?;
        let port = match &self.ports {
            Some(ports) => ports.start() + u16::try_from(turn / addresses).ok()?,
            None => 0,
        };
        Some(SocketAddr::new(*address, port))
    }
}

/// Opens the connections of one thread: each from the next source, to the next target.
pub(crate) struct Dialer<'a> {
    plan: &'a Plan,
    part: Part,
    next_source: Cell<u64>,
    next_target: Cell<u64>,
}

impl<'a> Dialer<'a> {
    pub(crate) fn new(plan: &'a Plan, part: Part) -> Self {
        let first = u64::from(part.index);
        Self {
            plan,
            part,
            next_source: Cell::new(first),
            next_target: Cell::new(first),
        }
    }

    /// Connects to the next target from the next source that is free.
    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        let (socket, target) = self.next()?;
        TcpSocket::from_std_stream(socket.into())
            .connect(target)
            .await
    }

    /// The same for the lean path.
    pub(crate) async fn connect_lean(
        &self,
        reactor: &Reactor,
        readiness: &Readiness,
    ) -> io::Result<Stream> {
        let (socket, target) = self.next()?;
        Stream::connect(socket, target, reactor, readiness).await
    }

    /// A socket from the next source that is free, and the next target.
    fn next(&self) -> io::Result<(Socket, SocketAddr)> {
        let targets = &self.plan.target.addresses;
        let turn = self.advance(&self.next_target);
        let target = usize::try_from(turn % (targets.len() as u64).max(1))
            .ok()
            .and_then(|turn| targets.get(turn))
            .ok_or(ErrorKind::AddrNotAvailable)?;
        let socket = match self.plan.source.as_ref().filter(|pool| !pool.is_empty()) {
            None => self.socket(*target)?,
            Some(pool) => self.pooled(pool, *target)?,
        };
        Ok((socket, *target))
    }

    /// The threads of a load take every n-th turn each.
    fn advance(&self, turn: &Cell<u64>) -> u64 {
        turn.replace(turn.get().wrapping_add(u64::from(self.part.of)))
    }

    /// A socket that is bound to the next source that is free.
    fn pooled(&self, pool: &SourcePool, target: SocketAddr) -> io::Result<Socket> {
        for _ in 0..pool.len() {
            let Some(source) = pool.source(self.advance(&self.next_source)) else {
                break;
            };
            match self.bound(source, target) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                outcome => return outcome,
            }
        }
        Err(ErrorKind::AddrNotAvailable.into())
    }

    fn bound(&self, source: SocketAddr, target: SocketAddr) -> io::Result<Socket> {
        let socket = self.socket(target)?;
        if source.port() == 0 {
            // The port is drawn when the target is known: each target has all of them.
            setsockopt(&socket, IpBindAddressNoPort, &true)?;
        } else {
            // A port that waits in TIME_WAIT may be used again, as the kernel itself would do.
            socket.set_reuse_address(true)?;
        }
        socket.bind(&source.into())?;
        Ok(socket)
    }

    fn socket(&self, target: SocketAddr) -> io::Result<Socket> {
        let kind = Type::STREAM.nonblocking().cloexec();
        let socket = Socket::new(Domain::for_address(target), kind, Some(Protocol::TCP))?;
        if let Some(bytes) = self.plan.socket_buffers {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            socket.set_send_buffer_size(bytes)?;
            socket.set_recv_buffer_size(bytes)?;
        }
        if self.plan.close == Close::Rst {
            socket.set_linger(Some(Duration::ZERO))?;
        }
        Ok(socket)
    }
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
            ports: Some(2000..=2009),
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
        let ports = pool().ports.unwrap();
        let all = SourcePool {
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            ports: Some(1..=u16::MAX),
        };
        assert_eq!(
            all.source(u64::from(u16::MAX) - 1).unwrap().port(),
            u16::MAX
        );
        assert_eq!(pool().source(29).unwrap().port(), *ports.end());
    }

    #[test]
    fn without_ports_the_addresses_take_turns() {
        let pool = SourcePool {
            ports: None,
            ..pool()
        };
        let turns: Vec<_> = (0..4).filter_map(|turn| pool.source(turn)).collect();
        assert_eq!(turns[0], turns[3]);
        assert!(turns.iter().all(|source| source.port() == 0));
        assert_ne!(turns[0], turns[1]);
    }

    #[test]
    fn an_empty_pool_has_no_turn() {
        let empty = SourcePool {
            addresses: vec![],
            ports: Some(1..=9),
        };
        assert!(empty.is_empty());
        assert_eq!(empty.source(0), None);
    }
}
