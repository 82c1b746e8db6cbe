//! What can go wrong between a client and the kernel.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use nix::errno::Errno;

use crate::codec::{DecodeError, EncodeError};
use crate::{Scheduler, ServiceKey};

/// A request to the kernel that did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel knows no IPVS and could not load it.
    #[error(
        "this kernel has no IPVS: load it with `modprobe ip_vs`, \
         or boot a kernel built with CONFIG_IP_VS"
    )]
    NoIpvs,
    /// The kernel refused.
    #[error("cannot {operation}: {}{}", describe(*errno), Hint(operation, *errno))]
    Refused {
        /// What was asked.
        operation: Box<Operation>,
        /// Why not.
        errno: Errno,
    },
    /// The socket failed.
    #[error("cannot {operation}: the netlink socket failed: {source}")]
    Socket {
        /// What was asked.
        operation: Box<Operation>,
        /// The system call's error.
        source: io::Error,
    },
    /// The kernel did not answer in time.
    #[error("cannot {operation}: no answer from the kernel within {} s", waited.as_secs())]
    NoAnswer {
        /// What was asked.
        operation: Box<Operation>,
        /// How long was waited since the request, or since the last part of the answer.
        waited: Duration,
    },
    /// The kernel's answer is not what its interface promises.
    #[error("cannot {operation}: cannot read the kernel's answer: {source}")]
    Answer {
        /// What was asked.
        operation: Box<Operation>,
        /// What is wrong with the answer.
        source: DecodeError,
    },
    /// The request cannot be put into the kernel's words, so it was not sent.
    #[error("cannot {operation}: {source}")]
    Request {
        /// What was asked.
        operation: Box<Operation>,
        /// What is wrong with it.
        source: EncodeError,
    },
}

impl Error {
    /// The kernel's reason, if it refused.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => Some(*errno),
            _ => None,
        }
    }
}

/// What a client asks the kernel to do, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Open a socket and find the IPVS family.
    Connect,
    /// Read the version.
    ReadInfo,
    /// Delete every service.
    Flush,
    /// List the services.
    ListServices,
    /// List the real servers of a service.
    ListServers(ServiceKey),
    /// Add a service with this scheduler.
    AddService(ServiceKey, Scheduler),
    /// Change a service, which shall have this scheduler.
    EditService(ServiceKey, Scheduler),
    /// Delete a service and its real servers.
    DeleteService(ServiceKey),
    /// Add a real server to a service.
    AddServer(ServiceKey, SocketAddr),
    /// Change a real server of a service.
    EditServer(ServiceKey, SocketAddr),
    /// Delete a real server from a service.
    DeleteServer(ServiceKey, SocketAddr),
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => write!(f, "reach IPVS"),
            Self::ReadInfo => write!(f, "read the version of IPVS"),
            Self::Flush => write!(f, "delete all services"),
            Self::ListServices => write!(f, "list the services"),
            Self::ListServers(key) => write!(f, "list the real servers of {key}"),
            Self::AddService(key, _) => write!(f, "add service {key}"),
            Self::EditService(key, _) => write!(f, "edit service {key}"),
            Self::DeleteService(key) => write!(f, "delete service {key}"),
            Self::AddServer(key, server) => write!(f, "add real server {server} to {key}"),
            Self::EditServer(key, server) => write!(f, "edit real server {server} of {key}"),
            Self::DeleteServer(key, server) => write!(f, "delete real server {server} from {key}"),
        }
    }
}

fn describe(errno: Errno) -> String {
    format!("{} ({errno:?})", errno.desc())
}

/// What an errno means for this operation, where its own text misleads. The meanings are those of
/// `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).
struct Hint<'a>(&'a Operation, Errno);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, self.0) {
            (Errno::EPERM, _) => write!(
                f,
                "; this needs CAP_NET_ADMIN in the initial user namespace: \
                 run it as root, outside of any user namespace"
            ),
            (
                Errno::ENOENT,
                Operation::AddService(_, scheduler) | Operation::EditService(_, scheduler),
            ) => write!(
                f,
                "; this kernel has no scheduler {scheduler} (module ip_vs_{scheduler}), \
                 or not the persistence engine"
            ),
            (Errno::ENOENT, Operation::EditServer(..) | Operation::DeleteServer(..)) => {
                write!(f, "; the service has no such real server")
            }
            (Errno::ESRCH, _) => write!(f, "; there is no such service"),
            (Errno::ERANGE, Operation::AddServer(..) | Operation::EditServer(..)) => {
                write!(f, "; the lower threshold must not be above the upper one")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: Operation, errno: Errno) -> String {
        let operation = Box::new(operation);
        Error::Refused { operation, errno }.to_string()
    }

    fn web() -> ServiceKey {
        ServiceKey::tcp(([192, 168, 0, 1], 80).into())
    }

    #[test]
    fn a_refusal_names_the_object_and_the_errno() {
        let operation = Operation::AddServer(web(), ([192, 168, 1, 2], 80).into());
        insta::assert_snapshot!(
            refused(operation, Errno::EEXIST),
            @"cannot add real server 192.168.1.2:80 to tcp 192.168.0.1:80: File exists (EEXIST)"
        );
    }

    #[test]
    fn a_missing_scheduler_is_named() {
        let operation = Operation::AddService(web(), Scheduler::from("wrong"));
        insta::assert_snapshot!(
            refused(operation, Errno::ENOENT),
            @"cannot add service tcp 192.168.0.1:80: No such file or directory (ENOENT); this kernel has no scheduler wrong (module ip_vs_wrong), or not the persistence engine"
        );
    }

    #[test]
    fn a_missing_permission_comes_with_its_remedy() {
        insta::assert_snapshot!(
            refused(Operation::Flush, Errno::EPERM),
            @"cannot delete all services: Operation not permitted (EPERM); this needs CAP_NET_ADMIN in the initial user namespace: run it as root, outside of any user namespace"
        );
    }

    #[test]
    fn no_such_process_is_read_as_no_such_service() {
        insta::assert_snapshot!(
            refused(Operation::DeleteService(web()), Errno::ESRCH),
            @"cannot delete service tcp 192.168.0.1:80: No such process (ESRCH); there is no such service"
        );
    }
}
