//! The running kernel as the engine.

use std::fmt;
use std::io;
use std::time::Duration;

use director_setup::Client;
use nix::unistd::geteuid;

use super::{Engine, EngineName};
use crate::cage::{Cage, Line, Part};
use crate::namespace::NamespaceId;

/// The running kernel, found to have IPVS.
#[derive(Debug)]
pub struct Native {
    kernel: String,
}

/// Why the running kernel cannot be the engine.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unfit {
    /// IPVS netlink wants `CAP_NET_ADMIN` in the initial user namespace.
    NotRoot,
    /// The kernel has no IPVS, or does not let this process use it.
    NoIpvs {
        /// The kernel's release.
        kernel: String,
        /// What it answered.
        error: director_setup::Error,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRoot => f.write_str("IPVS in the running kernel is for root"),
            Self::NoIpvs { kernel, error } => write!(f, "the running kernel {kernel}: {error}"),
        }
    }
}

/// The release of the running kernel.
pub fn kernel_release() -> String {
    nix::sys::utsname::uname()
        .map(|names| names.release().to_string_lossy().into_owned())
        .unwrap_or_default()
}

impl Native {
    /// Asks the running kernel, in its own words, whether it has IPVS; the question makes it load
    /// the module if there is one.
    pub fn probe() -> Result<Self, Unfit> {
        let kernel = kernel_release();
        #[expect(clippy::disallowed_methods, reason = "a question changes nothing")]
        let answer = Client::connect();
        match answer {
            Ok(_) if geteuid().is_root() => Ok(Self { kernel }),
            Ok(_) => Err(Unfit::NotRoot),
            Err(error) => Err(Unfit::NoIpvs { kernel, error }),
        }
    }
}

impl Engine for Native {
    fn name(&self) -> EngineName {
        EngineName::Native
    }

    fn description(&self) -> String {
        format!("the running kernel {}", self.kernel)
    }

    fn start(&self) -> io::Result<(Cage, Line)> {
        Cage::start_piped(Part::Lab, &lab_arguments()?)
    }

    fn needs(&self) -> &'static str {
        "it needs CAP_SYS_ADMIN and CAP_NET_ADMIN, which a container may lack; `--engine uml` does not"
    }

    fn boot_deadline(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// The arguments of [`Part::Lab`]: the network namespace that it must not change.
pub fn lab_arguments() -> io::Result<Vec<String>> {
    Ok(vec![NamespaceId::current()?.to_string()])
}
