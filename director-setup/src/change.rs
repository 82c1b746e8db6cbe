//! Everything that the kernel's IPVS can be told to do.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::{RealServer, Service, ServiceKey, SyncDaemon, SyncRole, Timeouts};

/// One change of a network namespace's IPVS, as a value: it can be planned, shown, sent alone
/// ([`Client::carry_out`](crate::Client::carry_out)) or with many others
/// ([`Client::carry_out_all`](crate::Client::carry_out_all)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// Add a service without real servers.
    AddService {
        /// All of it.
        service: Service,
    },
    /// Give a service these settings instead of its own; connections stay.
    EditService {
        /// All of it.
        service: Service,
    },
    /// Delete a service and its real servers.
    DeleteService {
        /// Which.
        key: ServiceKey,
    },
    /// Add a real server to a service.
    AddServer {
        /// Of which service.
        key: ServiceKey,
        /// All of it.
        server: RealServer,
    },
    /// Give a real server these settings instead of its own; connections stay.
    EditServer {
        /// Of which service.
        key: ServiceKey,
        /// All of it.
        server: RealServer,
    },
    /// Delete a real server from a service.
    DeleteServer {
        /// Of which service.
        key: ServiceKey,
        /// Which.
        address: SocketAddr,
    },
    /// Set the counters of one service and its real servers, or of everything, to zero.
    Zero {
        /// Which service; `None`: all, and the totals.
        key: Option<ServiceKey>,
    },
    /// Delete every service.
    Flush,
    /// Set the connection timeouts.
    SetTimeouts {
        /// In seconds; 0 keeps one.
        timeouts: Timeouts,
    },
    /// Start a synchronisation daemon.
    StartDaemon {
        /// All of it.
        daemon: SyncDaemon,
    },
    /// Stop a synchronisation daemon.
    StopDaemon {
        /// Which.
        role: SyncRole,
    },
}

impl fmt::Display for Change {
    /// The change as what could not be done: `add service tcp 192.168.0.1:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddService { service } => write!(f, "add service {}", service.key),
            Self::EditService { service } => write!(f, "edit service {}", service.key),
            Self::DeleteService { key } => write!(f, "delete service {key}"),
            Self::AddServer { key, server } => {
                write!(f, "add real server {} to {key}", server.address)
            }
            Self::EditServer { key, server } => {
                write!(f, "edit real server {} of {key}", server.address)
            }
            Self::DeleteServer { key, address } => {
                write!(f, "delete real server {address} from {key}")
            }
            Self::Zero { key: Some(key) } => write!(f, "zero the counters of {key}"),
            Self::Zero { key: None } => write!(f, "zero all counters"),
            Self::Flush => write!(f, "delete all services"),
            Self::SetTimeouts { .. } => write!(f, "set the timeouts"),
            Self::StartDaemon { daemon } => write!(
                f,
                "start the {} sync daemon on {}",
                daemon.role, daemon.interface
            ),
            Self::StopDaemon { role } => write!(f, "stop the {role} sync daemon"),
        }
    }
}
