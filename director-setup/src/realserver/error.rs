//! How preparing a real server's host fails.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::needs::Device;
use super::step::Step;
use crate::network::{InterfaceName, NetworkError, SysctlError};

/// Why a real server's host was not prepared, or not put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RealServerError {
    /// The permission is missing.
    #[error(
        "cannot {what}: permission denied; this needs CAP_NET_ADMIN and a writable /proc/sys: \
         run it as root, in a container with --privileged"
    )]
    Permission {
        /// What was tried.
        what: String,
    },
    /// The kernel's network did not answer or refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A setting could not be read or written.
    #[error(transparent)]
    Setting(#[from] SysctlError),
    /// The state file could not be read or written.
    #[error("cannot {verb} the state file {}: {source}", path.display())]
    State {
        /// "read" or "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The state file is not one.
    #[error("{} is no state file of director-setup: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state file belongs to another network namespace.
    #[error(
        "{} records another network namespace: give this one a file of its own with --state, \
         or remove the file if that namespace is gone",
        .0.display()
    )]
    OtherNamespace(PathBuf),
    /// Another process holds the state file.
    #[error("another director-setup works with {}: try again when it is done", .0.display())]
    Busy(PathBuf),
    /// There is no such interface.
    #[error("there is no interface {0}: name one of `ip link` with --interface")]
    NoInterface(InterfaceName),
    /// A VIP cannot be one.
    #[error("{0} cannot be a VIP: it must be a unicast address that no host has by itself")]
    NotUnicast(IpAddr),
    /// The interface takes no IPv6 address.
    #[error("IPv6 is disabled on {0}: enable it with `sysctl -w net.ipv6.conf.{0}.disable_ipv6=0`")]
    Ipv6Disabled(InterfaceName),
    /// The kernel has no such tunnel.
    #[error(
        "this kernel has no tunnel device {0}: load its module with `modprobe {module}`, \
         or boot a kernel that has it",
        module = .0.module()
    )]
    NoTunnel(Device),
    /// The kernel does not unwrap GUE.
    #[error(
        "this kernel does not unwrap GUE: load the module with `modprobe fou` and try again \
         (by hand: `ip fou add port {0} gue`)"
    )]
    NoFou(u16),
    /// A step failed, and what was done before it is done no longer.
    #[error("cannot {step}: {source}; what was done before is undone")]
    RolledBack {
        /// The step.
        step: Box<Step>,
        /// Why not.
        source: Box<Self>,
    },
    /// A step failed, and so did taking back what was done before it.
    #[error(
        "cannot {step}: {source}; and cannot take back what was done before: {rollback}; \
         `director-setup realserver undo` tries again"
    )]
    Stuck {
        /// The step.
        step: Box<Step>,
        /// Why not.
        source: Box<Self>,
        /// Why what was done is still there.
        rollback: Box<Self>,
    },
}

impl RealServerError {
    pub(super) fn state(verb: &'static str, path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::PermissionDenied {
            let what = format!("{verb} the state file {}", path.display());
            return Self::Permission { what };
        }
        let path = path.to_owned();
        Self::State { verb, path, source }
    }

    /// Whether the machine lacks something that the user can give: a permission or a module.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Permission { .. }
            | Self::Ipv6Disabled(_)
            | Self::NoTunnel(_)
            | Self::NoFou(_) => true,
            Self::Network(_) | Self::Setting(_) => self.is_denied(),
            Self::RolledBack { source, .. } | Self::Stuck { source, .. } => source.is_unavailable(),
            _ => false,
        }
    }

    /// Whether what the user said is wrong.
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoInterface(_)
                | Self::NotUnicast(_)
                | Self::Malformed { .. }
                | Self::OtherNamespace(_)
        )
    }

    /// The same failure, with its remedy if a permission is missing.
    pub(super) fn explained(self, what: &dyn std::fmt::Display) -> Self {
        if self.is_denied() {
            let what = what.to_string();
            return Self::Permission { what };
        }
        self
    }

    /// Routing netlink says `EPERM`, `/proc/sys` more: `EROFS` in a container without privileges.
    fn is_denied(&self) -> bool {
        match self {
            Self::Network(error) => error.errno() == Some(Errno::EPERM),
            Self::Setting(error) => {
                let errno = error.io().raw_os_error().map(Errno::from_raw);
                matches!(errno, Some(Errno::EPERM | Errno::EACCES | Errno::EROFS))
            }
            _ => false,
        }
    }
}
