//! Network namespaces of a lab, and the only ways to change anything inside them.

mod build;
mod host;
mod neighbour;
mod rtnetlink;
mod sysctl;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

pub use build::{BuildError, Host, Lab};
pub use host::{BadNamespaceId, HostNetwork, HostNetworkError, Inside, NamespaceId};
pub use neighbour::neighbour_mac;
pub use rtnetlink::{RtError, RtSocket};

/// A network namespace that lives as long as a file descriptor or a socket of it is open.
#[derive(Debug)]
pub struct Namespace {
    file: File,
}

/// A namespace could not be made or entered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamespaceError {
    /// The kernel made none.
    #[error("cannot create a network namespace")]
    Create(#[source] io::Error),
    /// The thread could not move into it.
    #[error("cannot enter a network namespace")]
    Enter(#[source] io::Error),
    /// It turned out to be the host's.
    #[error(transparent)]
    Host(#[from] HostNetworkError),
}

impl Namespace {
    /// Makes a namespace and runs `work` in it, on a thread of its own; sockets that `work` opens
    /// and returns stay in the namespace.
    ///
    /// # Panics
    ///
    /// When `work` does.
    pub fn create<T, E>(
        host: HostNetwork,
        work: impl FnOnce(&Inside) -> Result<T, E> + Send,
    ) -> Result<(Self, T), E>
    where
        T: Send,
        E: From<NamespaceError> + Send,
    {
        on_own_thread(|| {
            let (namespace, inside) = Self::unshared(host)?;
            Ok((namespace, work(&inside)?))
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the way")]
    fn unshared(host: HostNetwork) -> Result<(Self, Inside), NamespaceError> {
        unshare(CloneFlags::CLONE_NEWNET)
            .map_err(|errno| NamespaceError::Create(io::Error::from(errno)))?;
        let inside = host.ensure_outside()?;
        let file = File::open("/proc/thread-self/ns/net").map_err(NamespaceError::Create)?;
        Ok((Self { file }, inside))
    }

    /// Runs `work` in the namespace, on a thread of its own; sockets that it opens and returns stay
    /// there.
    ///
    /// # Panics
    ///
    /// When `work` does.
    pub fn run<T, E>(
        &self,
        host: HostNetwork,
        work: impl FnOnce(&Inside) -> Result<T, E> + Send,
    ) -> Result<T, E>
    where
        T: Send,
        E: From<NamespaceError> + Send,
    {
        on_own_thread(|| {
            let inside = self.enter(host)?;
            work(&inside)
        })
    }

    /// Another handle of the same namespace.
    pub fn try_clone(&self) -> Result<Self, NamespaceError> {
        Ok(Self {
            file: self.file.try_clone().map_err(NamespaceError::Enter)?,
        })
    }

    /// Moves the calling thread into the namespace for the rest of its life.
    #[expect(clippy::disallowed_methods, reason = "this is the way")]
    pub fn enter(&self, host: HostNetwork) -> Result<Inside, NamespaceError> {
        setns(self.file.as_fd(), CloneFlags::CLONE_NEWNET)
            .map_err(|errno| NamespaceError::Enter(io::Error::from(errno)))?;
        Ok(host.ensure_outside()?)
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn on_own_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
