//! Who has which address; all of 10.0.0.0/8 is local.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use fastrand::Rng;

/// The virtual service.
pub const VIP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), SERVICE_PORT);
/// The mark of a service by firewall mark.
pub const MARK: u32 = 7;
/// Where clients go.
pub const SERVICE_PORT: u16 = 80;
/// Where servers listen; nobody listens at the service's port.
pub const SERVER_PORT: u16 = 8080;

/// Clients use ports from here on: none that a server has.
const CLIENT_PORTS: u16 = 10_000;

/// The `number`-th real server.
pub fn server(number: usize) -> SocketAddr {
    let host = 1 + u32::try_from(number).expect("there are few servers");
    let address = u32::from_be_bytes([10, 1, 0, 0]) + host;
    SocketAddrV4::new(Ipv4Addr::from_bits(address), SERVER_PORT).into()
}

/// One of so many destinations of marked packets.
pub fn destination(rng: &mut Rng, among: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from_be_bytes([10, 32, 0, 0]) + rng.u32(0..among))
}

/// A client: any of a million addresses, or one of so many in networks of 16.
pub fn client(rng: &mut Rng, among: Option<u32>) -> SocketAddrV4 {
    let host = match among {
        Some(clients) => rng.u32(0..clients) * 5,
        None => rng.u32(0..1 << 20),
    };
    let address = u32::from_be_bytes([10, 64, 0, 0]) + host;
    SocketAddrV4::new(Ipv4Addr::from_bits(address), rng.u16(CLIENT_PORTS..))
}
