//! What a scheduler sees of a new connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The first packet of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives, since the service was set up.
    pub at: Duration,
    /// The client's address and port.
    pub client: SocketAddr,
    /// The address that the client asked for: the VIP, or any for a service by firewall mark.
    pub destination: IpAddr,
}
