//! How the command fails.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::check::GatherError;
use crate::cli::ConfigurationError;
use crate::plan::Stopped;
use crate::realserver::RealServerError;
use crate::{Errno, Error};

/// The kernel refused, or the output cannot be written.
pub const EXIT_REFUSED: u8 = 1;
/// Wrong usage, or a wrong file.
pub const EXIT_USAGE: u8 = 2;
/// The kernel has no IPVS, or the permission is missing (`EX_UNAVAILABLE` of `sysexits.h`).
pub const EXIT_UNAVAILABLE: u8 = 69;
/// A bug, here or in the kernel (`EX_SOFTWARE` of `sysexits.h`).
pub const EXIT_BUG: u8 = 70;

/// Why the command did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliFailure {
    /// The kernel could not be asked or refused.
    #[error(transparent)]
    Kernel(#[from] Error),
    /// A plan was not carried out to its end.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The file is wrong.
    #[error(transparent)]
    File(#[from] ConfigurationError),
    /// A file cannot be written; what was there is still there.
    #[error("cannot write {}: {source}", path.display())]
    Replace {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A director could not be checked.
    #[error(transparent)]
    Check(GatherError),
    /// A real server's host could not be prepared or put back.
    #[error(transparent)]
    RealServer(#[from] RealServerError),
    /// The result cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl From<GatherError> for CliFailure {
    fn from(error: GatherError) -> Self {
        match error {
            GatherError::Ipvs(error) => Self::Kernel(error),
            error => Self::Check(error),
        }
    }
}

impl CliFailure {
    /// The exit code that tells a script what kind of failure this is.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// Whether the reader of the output went away, which is no failure of the command.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn code(&self) -> u8 {
        match self {
            Self::File(_) | Self::Kernel(Error::Request { .. }) => EXIT_USAGE,
            Self::Kernel(Error::NoIpvs) => EXIT_UNAVAILABLE,
            Self::Kernel(error) if error.errno() == Some(Errno::EPERM) => EXIT_UNAVAILABLE,
            Self::RealServer(error) if error.is_unavailable() => EXIT_UNAVAILABLE,
            Self::RealServer(error) if error.is_usage() => EXIT_USAGE,
            Self::Kernel(Error::Answer { .. }) => EXIT_BUG,
            Self::Kernel(_)
            | Self::Check(_)
            | Self::RealServer(_)
            | Self::Stopped(_)
            | Self::Replace { .. }
            | Self::Output(_) => EXIT_REFUSED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Operation};

    fn refused(errno: Errno) -> u8 {
        let operation = Box::new(Operation::Change(Change::Flush));
        CliFailure::from(Error::Refused { operation, errno }).code()
    }

    #[test]
    fn what_the_machine_lacks_is_told_apart_from_a_refusal() {
        assert_eq!(CliFailure::from(Error::NoIpvs).code(), 69);
        assert_eq!(refused(Errno::EPERM), 69);
        assert_eq!(refused(Errno::EEXIST), 1);
    }
}
