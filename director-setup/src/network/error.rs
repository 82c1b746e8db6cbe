//! What can go wrong between this process and the kernel's network.

use std::io;
use std::time::Duration;

use netlink_packet_core::DecodeError;
use nix::errno::Errno;

/// A request about the host's network that did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The socket could not be opened or failed.
    #[error("cannot {what}: the socket failed: {source}")]
    Socket {
        /// What was asked for.
        what: String,
        /// The system call's error.
        source: io::Error,
    },
    /// The kernel did not answer in time.
    #[error("cannot {what}: no answer from the kernel within {} s", waited.as_secs())]
    NoAnswer {
        /// What was asked for.
        what: String,
        /// How long was waited.
        waited: Duration,
    },
    /// The kernel's answer makes no sense.
    #[error("cannot {what}: cannot read the kernel's answer: {reason}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The kernel refused.
    #[error("cannot {what}: {} ({errno:?})", errno.desc())]
    Refused {
        /// What was asked for.
        what: String,
        /// Why not.
        errno: Errno,
    },
}

impl NetworkError {
    pub(crate) fn socket(what: &str, source: impl Into<io::Error>) -> Self {
        Self::Socket {
            what: what.to_owned(),
            source: source.into(),
        }
    }

    pub(crate) fn answer(what: &str, error: &DecodeError) -> Self {
        Self::Answer {
            what: what.to_owned(),
            reason: error.to_string(),
        }
    }

    /// The kernel's reason, whether it refused the request or the system call.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => Some(*errno),
            Self::Socket { source, .. } => source.raw_os_error().map(Errno::from_raw),
            Self::NoAnswer { .. } | Self::Answer { .. } => None,
        }
    }
}
