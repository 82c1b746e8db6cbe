//! What a director has, or shall have, as one value and as a TOML file.
//!
//! ```
//! use director_setup::configuration::Configuration;
//!
//! let text = r#"
//!     [[service]]
//!     protocol = "tcp"
//!     address = "192.168.0.1:80"
//!     scheduler = "wlc"
//!     server = [
//!       { address = "192.168.1.2:80", forwarding = "nat", weight = 4 },
//!       { address = "192.168.1.3:80", forwarding = "nat" },
//!     ]
//! "#;
//! let reviewed = Configuration::parse("web.toml", text)?;
//! assert_eq!(reviewed.configuration.services[0].servers.len(), 2);
//! # Ok::<(), director_setup::configuration::ConfigurationError>(())
//! ```
//!
//! [`read`] takes the same from the kernel, and [`plan`](crate::plan) leads from one to the other.

mod addresses;
mod error;
mod fields;
mod file;
mod flags;
mod live;
mod parse;
mod review;
mod tunnel;
mod unknown;
mod write;

use serde::{Deserialize, Serialize};

pub use error::{ConfigurationError, Problem};
pub use file::MAX_BYTES;
pub use flags::FlagError;
pub use live::read;
pub(crate) use live::without_defaults;

pub(crate) use tunnel::{checksum_word, kind_word};

use crate::{RealServer, Service, SyncDaemon, Timeouts};

/// Services with their real servers, timeouts and synchronisation daemons of one network
/// namespace; no counters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Configuration {
    /// The timeouts; `None` says nothing about them, and a 0 says nothing about that one.
    pub timeouts: Option<Timeouts>,
    /// The synchronisation daemons, at most one of each role; `None` says nothing about them.
    pub daemons: Option<Vec<SyncDaemon>>,
    /// The services, each with another key.
    pub services: Vec<ConfiguredService>,
}

/// A service and its real servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfiguredService {
    /// The service itself.
    #[serde(flatten)]
    pub service: Service,
    /// Its real servers, each with another address, in the order in which they are added. The
    /// kernel puts each new one first in its own list, so this is the reverse of
    /// [`Client::servers`](crate::Client::servers).
    pub servers: Vec<RealServer>,
}

/// A configuration that was written by somebody, and what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// What is meant.
    pub configuration: Configuration,
    /// What the kernel takes but what is hardly meant so, in the order of the lines.
    pub warnings: Vec<Problem>,
    /// Whether the text says nothing about services, as after a redirection that went wrong, or a
    /// copy that was cut short. Somebody who means "no services" can write `service = []`.
    pub blank: bool,
}
