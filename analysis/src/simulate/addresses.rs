//! Where connections come from, and where they go to.

use std::net::{Ipv4Addr, SocketAddr};

use fastrand::Rng;

/// A number of distinct IPv4 addresses, any of which is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// How many; above 0.
    pub count: u32,
    /// Which.
    pub from: Which,
}

/// Which addresses those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Drawn for each run: nothing is known of them but their number.
    Anywhere,
    /// This one and those that follow it.
    Successive(Ipv4Addr),
}

impl Addresses {
    /// So many, of which nothing else is known.
    pub const fn anywhere(count: u32) -> Self {
        Self {
            count,
            from: Which::Anywhere,
        }
    }

    /// Whether it takes chance to say which address is next.
    pub(super) fn is_random(self) -> bool {
        self.count > 1 || self.from == Which::Anywhere
    }
}

/// The addresses of one run.
#[derive(Debug)]
pub(super) struct Pool {
    count: u32,
    origin: Which,
    /// Added to an address's number before it is scattered.
    offset: u32,
}

impl Pool {
    pub(super) fn new(addresses: Addresses, random: &mut Rng) -> Self {
        Self {
            count: addresses.count,
            origin: addresses.from,
            offset: random.u32(..),
        }
    }

    pub(super) fn next(&self, random: &mut Rng) -> Ipv4Addr {
        self.at(match self.count {
            1 => 0,
            count => random.u32(..count),
        })
    }

    fn at(&self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(match self.origin {
            Which::Anywhere => scattered(self.offset.wrapping_add(number)),
            Which::Successive(first) => first.to_bits().wrapping_add(number),
        })
    }
}

/// Numbers to numbers, one to one, without a pattern: the last step of `MurmurHash3`.
const fn scattered(mut bits: u32) -> u32 {
    bits = (bits ^ bits >> 16).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ bits >> 13).wrapping_mul(0xc2b2_ae35);
    bits ^ bits >> 16
}

/// Clients: each connection has a port of its own, as long as they last.
#[derive(Debug)]
pub(super) struct Clients {
    pool: Pool,
    port: u16,
}

/// The first port that a user's program may have.
const FIRST_PORT: u16 = 1024;

impl Clients {
    /// Ports begin where chance has it if addresses do.
    pub(super) fn new(addresses: Addresses, random: &mut Rng) -> Self {
        let port = match addresses.from {
            Which::Anywhere => random.u16(FIRST_PORT..),
            Which::Successive(_) => FIRST_PORT,
        };
        Self {
            pool: Pool::new(addresses, random),
            port,
        }
    }

    pub(super) fn next(&mut self, random: &mut Rng) -> SocketAddr {
        let port = self.port;
        self.port = port.checked_add(1).unwrap_or(FIRST_PORT);
        SocketAddr::from((self.pool.next(random), port))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn as_many_addresses_come_as_there_are() {
        for from in [Which::Anywhere, Which::Successive(Ipv4Addr::BROADCAST)] {
            let mut random = Rng::with_seed(7);
            let pool = Pool::new(Addresses { count: 100, from }, &mut random);
            let seen: HashSet<_> = (0..10_000).map(|_| pool.next(&mut random)).collect();
            assert_eq!(seen.len(), 100);
        }
    }

    #[test]
    fn no_port_comes_twice_before_all_have_come() {
        let mut random = Rng::with_seed(7);
        let mut clients = Clients::new(Addresses::anywhere(1), &mut random);
        let seen: HashSet<_> = (0..64_512).map(|_| clients.next(&mut random)).collect();
        assert_eq!(seen.len(), 64_512);
        assert!(seen.contains(&clients.next(&mut random)));
    }
}
