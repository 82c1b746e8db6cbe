//! Engines: whose kernel a lab runs in.

mod apt;
mod choose;
mod kernel;
mod native;
mod package;
mod session;
mod uml;

use std::fmt;
use std::io;
use std::time::Duration;

use crate::cage::{Cage, Line};

pub use apt::AptError;
pub use choose::{ChooseError, Chosen, PassedOver, Wanted, choose};
pub use kernel::{Source, find as find_kernel};
pub use native::{Native, Unfit, kernel_release, lab_arguments};
pub use package::{Continue, Fetch, FetchProgress, Package, PackageError};
pub use session::{Console, Interrupt, SessionError, Told, run};
pub use uml::Uml;

/// A kernel that labs can run in.
pub trait Engine {
    /// Its name in records and on the command line.
    fn name(&self) -> EngineName;

    /// Why it is this one, for people.
    fn description(&self) -> String;

    /// Starts a lab that waits for a job on its line.
    fn start(&self) -> io::Result<(Cage, Line)>;

    /// What it needs of a machine, for people whose machine does not start it.
    fn needs(&self) -> &'static str;

    /// How long a lab may take from its start to its first message.
    fn boot_deadline(&self) -> Duration;
}

/// The engines by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    /// The running kernel.
    Native,
    /// A user-mode Linux guest.
    Uml,
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Native => "native",
            Self::Uml => "uml",
        })
    }
}
