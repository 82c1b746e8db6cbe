//! The host's own network, as far as directors and real servers depend on it: interfaces,
//! addresses, routes, neighbours, settings, and who answers ARP for an address.
//!
//! Everything here acts on the network namespace of the calling thread.

pub mod address;
pub mod arp;
pub mod fou;
pub mod interface;
pub mod neighbour;
pub mod route;
pub mod rtnetlink;
pub mod sysctl;

mod error;
mod mac;

pub use error::NetworkError;
pub use interface::{Interface, InterfaceName, MalformedInterfaceName};
pub use mac::Mac;
pub use sysctl::{Sysctl, SysctlError};
