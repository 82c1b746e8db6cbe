//! What can go wrong between a client and the kernel.

use std::fmt;
use std::io;
use std::time::Duration;

use nix::errno::Errno;

use crate::codec::{DecodeError, EncodeError};
use crate::{Change, ServiceKey};

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
    /// The kernel's list changed again and again while it was being read.
    #[error("cannot {operation}: the list changed each of the {attempts} times it was read")]
    Interrupted {
        /// What was asked.
        operation: Box<Operation>,
        /// How often it was tried.
        attempts: u32,
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

/// What a client asks the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Open a socket and find the IPVS family.
    Connect,
    /// Read the version.
    ReadInfo,
    /// List the services.
    ListServices,
    /// Read one service.
    ReadService(ServiceKey),
    /// List the real servers of a service.
    ListServers(ServiceKey),
    /// Read the connection timeouts.
    ReadTimeouts,
    /// List the synchronisation daemons.
    ListDaemons,
    /// Carry out a change.
    Change(Change),
    /// Carry out many changes at once.
    Changes,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => write!(f, "reach IPVS"),
            Self::ReadInfo => write!(f, "read the version of IPVS"),
            Self::ListServices => write!(f, "list the services"),
            Self::ReadService(key) => write!(f, "read service {key}"),
            Self::ListServers(key) => write!(f, "list the real servers of {key}"),
            Self::ReadTimeouts => write!(f, "read the timeouts"),
            Self::ListDaemons => write!(f, "list the sync daemons"),
            Self::Change(change) => change.fmt(f),
            Self::Changes => write!(f, "carry out the changes"),
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
        if self.1 == Errno::EPERM {
            return write!(
                f,
                "; this needs CAP_NET_ADMIN in the initial user namespace: \
                 run it as root, outside of any user namespace"
            );
        }
        let Operation::Change(change) = self.0 else {
            return match self.1 {
                Errno::ESRCH => write!(f, "; there is no such service"),
                _ => Ok(()),
            };
        };
        match (self.1, change) {
            (Errno::ENOENT, Change::AddService { service } | Change::EditService { service }) => {
                let scheduler = &service.scheduler;
                write!(
                    f,
                    "; this kernel has no scheduler {scheduler} (module ip_vs_{scheduler}), \
                     or not the persistence engine"
                )
            }
            (Errno::ENOENT, _) => write!(f, "; the service has no such real server"),
            (Errno::ESRCH, Change::StopDaemon { .. }) => write!(f, "; there is no such daemon"),
            (Errno::ESRCH, _) => write!(f, "; there is no such service"),
            (Errno::ERANGE, Change::AddServer { .. } | Change::EditServer { .. }) => {
                write!(f, "; the lower threshold must not be above the upper one")
            }
            (Errno::EINVAL, Change::AddServer { .. }) => write!(
                f,
                "; the address must be unicast, and of the service's family unless it is tunnelled \
                 and no sync daemon runs; a gue tunnel needs a port, and some interface must have \
                 been up once (`ip link set lo up`)"
            ),
            (Errno::EINVAL, Change::StartDaemon { .. }) => write!(
                f,
                "; sync daemons do not work with real servers of another family than their service"
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Forwarding, RealServer, Scheduler, Service};

    fn refused(change: Change, errno: Errno) -> String {
        let operation = Box::new(Operation::Change(change));
        Error::Refused { operation, errno }.to_string()
    }

    fn web() -> ServiceKey {
        ServiceKey::tcp(([192, 168, 0, 1], 80).into())
    }

    #[test]
    fn a_refusal_names_the_object_and_the_errno() {
        let change = Change::AddServer {
            key: web(),
            server: RealServer::new(([192, 168, 1, 2], 80).into(), Forwarding::Nat),
        };
        insta::assert_snapshot!(
            refused(change, Errno::EEXIST),
            @"cannot add real server 192.168.1.2:80 to tcp 192.168.0.1:80: File exists (EEXIST)"
        );
    }

    #[test]
    fn a_missing_scheduler_is_named() {
        let change = Change::AddService {
            service: Service::new(web(), Scheduler::from("wrong")),
        };
        insta::assert_snapshot!(
            refused(change, Errno::ENOENT),
            @"cannot add service tcp 192.168.0.1:80: No such file or directory (ENOENT); this kernel has no scheduler wrong (module ip_vs_wrong), or not the persistence engine"
        );
    }

    #[test]
    fn a_missing_permission_comes_with_its_remedy() {
        insta::assert_snapshot!(
            refused(Change::Flush, Errno::EPERM),
            @"cannot delete all services: Operation not permitted (EPERM); this needs CAP_NET_ADMIN in the initial user namespace: run it as root, outside of any user namespace"
        );
    }

    #[test]
    fn no_such_process_is_read_as_no_such_service() {
        insta::assert_snapshot!(
            refused(Change::DeleteService { key: web() }, Errno::ESRCH),
            @"cannot delete service tcp 192.168.0.1:80: No such process (ESRCH); there is no such service"
        );
    }
}
