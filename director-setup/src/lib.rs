//! The IPVS vocabulary and its generic netlink driver.
//!
//! IP Virtual Server is the load balancer inside the Linux kernel. This crate names its objects
//! ([`Service`], [`RealServer`], [`Scheduler`], [`Weight`], [`Forwarding`]), translates them to
//! and from the kernel's bytes ([`codec`], which does no I/O), and talks to the kernel
//! ([`Client`]). Nothing here starts another program.
//!
//! What an operator configures is kept apart from what the kernel counts: a [`Service`] is equal
//! to another if they are configured alike, and the counters are in [`ServiceEntry`] and
//! [`RealServerEntry`].
//!
//! ```no_run
//! use director_setup::{Client, Forwarding, RealServer, Scheduler, Service, ServiceKey, Weight};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = Client::connect()?;
//!
//! let key = ServiceKey::tcp("192.168.0.1:80".parse()?);
//! client.add_service(&Service::new(key, Scheduler::WeightedLeastConnection))?;
//! client.add_servers(
//!     &key,
//!     &[
//!         RealServer::new("192.168.1.2:80".parse()?, Forwarding::Nat).with_weight(Weight::from(4)),
//!         RealServer::new("192.168.1.3:80".parse()?, Forwarding::Nat),
//!     ],
//! )?;
//!
//! for entry in client.servers(&key)? {
//!     println!(
//!         "{} weight {}: {} active, {} connections so far",
//!         entry.server.address,
//!         entry.server.weight,
//!         entry.connections.active,
//!         entry.statistics.totals.connections,
//!     );
//! }
//! # Ok(())
//! # }
//! ```

pub mod abi;
pub mod check;
pub mod cli;
pub mod codec;
pub mod configuration;
pub mod ipvsadm;
pub mod network;
pub mod plan;
pub mod realserver;

mod address_family;
mod change;
mod client;
mod error;
mod forwarding;
mod info;
mod protocol;
mod real_server;
mod scheduler;
mod service;
mod service_flags;
mod service_key;
mod socket;
mod statistics;
mod sync_daemon;
mod timeouts;
mod tunnel;
mod unknown_attributes;
mod watch;
mod weight;

pub use address_family::{AddressFamily, UnknownAddressFamily};
pub use change::Change;
pub use client::Client;
pub use error::{Error, Operation};
pub use forwarding::{Forwarding, UnknownForwarding};
pub use info::{Info, Version};
pub use nix::errno::Errno;
pub use protocol::{Protocol, UnknownProtocol};
pub use real_server::{RealServer, RealServerEntry, Thresholds};
pub use scheduler::Scheduler;
pub use service::{Netmask, Persistence, Service, ServiceEntry};
pub use service_flags::ServiceFlags;
pub use service_key::{MalformedServiceKey, ServiceKey};
pub use statistics::{ConnectionCounts, Rates, Statistics, Totals};
pub use sync_daemon::{SyncDaemon, SyncRole};
pub use timeouts::Timeouts;
pub use tunnel::{Tunnel, TunnelChecksum};
pub use unknown_attributes::{UnknownAttribute, UnknownAttributes};
pub use weight::{Weight, WeightOutOfRange};
