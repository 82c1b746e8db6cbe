//! The choke point: nothing here may change the host's own network namespace.

use std::fmt;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;

/// The identity of a network namespace: device and inode of its file in `/proc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceId {
    device: u64,
    inode: u64,
}

impl NamespaceId {
    /// The namespace of the calling thread.
    pub fn current() -> io::Result<Self> {
        let file = fs::metadata("/proc/thread-self/ns/net")?;
        Ok(Self {
            device: file.dev(),
            inode: file.ino(),
        })
    }
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}

/// Text that does not name a namespace.
#[derive(Debug, thiserror::Error)]
#[error("not a namespace: expected DEVICE:INODE, got {0:?}")]
pub struct BadNamespaceId(String);

impl FromStr for NamespaceId {
    type Err = BadNamespaceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once(':')
            .and_then(|(device, inode)| {
                Some(Self {
                    device: device.parse().ok()?,
                    inode: inode.parse().ok()?,
                })
            })
            .ok_or_else(|| BadNamespaceId(text.to_owned()))
    }
}

/// The network namespace of whoever started the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostNetwork(NamespaceId);

/// The calling thread is in the host's network namespace, or nobody can tell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostNetworkError {
    /// Refused: the change would hit the host.
    #[error("refused: this would change the host's network namespace ({0})")]
    Refused(NamespaceId),
    /// `/proc` does not say where the thread is.
    #[error("cannot tell the network namespace of this thread")]
    Unknown(#[source] io::Error),
}

impl HostNetwork {
    /// Names the namespace to protect.
    pub const fn new(id: NamespaceId) -> Self {
        Self(id)
    }

    /// Passes if the calling thread is outside the host's namespace.
    pub fn ensure_outside(self) -> Result<Inside, HostNetworkError> {
        let here = NamespaceId::current().map_err(HostNetworkError::Unknown)?;
        if here == self.0 {
            return Err(HostNetworkError::Refused(here));
        }
        Ok(Inside {
            _bound_to_thread: PhantomData,
        })
    }
}

/// Proof that the thread which holds it is in a namespace of the lab.
///
/// Whatever changes a network asks for it: netlink sockets, sysctls, the IPVS client. It cannot be
/// made by hand and cannot leave its thread.
#[derive(Debug)]
pub struct Inside {
    _bound_to_thread: PhantomData<*const ()>,
}

impl Inside {
    /// The IPVS of this namespace.
    #[expect(clippy::disallowed_methods, reason = "this is the way")]
    pub fn ipvs(&self) -> Result<director_setup::Client, director_setup::Error> {
        director_setup::Client::connect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_in_the_hosts_namespace_is_refused() {
        let host = HostNetwork::new(NamespaceId::current().unwrap());
        let error = host.ensure_outside().unwrap_err();
        assert!(matches!(error, HostNetworkError::Refused(_)), "{error}");
    }

    #[test]
    fn a_namespace_id_survives_the_command_line() {
        let id = NamespaceId::current().unwrap();
        assert_eq!(id.to_string().parse::<NamespaceId>().unwrap(), id);
        assert!("4026531840".parse::<NamespaceId>().is_err());
    }
}
