//! A user-mode Linux guest as the engine.

use std::io;
use std::time::Duration;

use super::{Engine, EngineName, Source};
use crate::cage::{Cage, Line, Part};
use crate::guest::{self, Extras, GuestKernel};

/// User-mode Linux, found or fetched.
#[derive(Debug)]
pub struct Uml {
    kernel: GuestKernel,
    source: Source,
    extras: Extras,
}

impl Uml {
    /// Takes a kernel and remembers where it came from.
    pub fn new(kernel: GuestKernel, source: Source) -> Self {
        Self {
            kernel,
            source,
            extras: Extras::default(),
        }
    }

    /// Gives the guest more than a lab needs.
    #[must_use]
    pub fn with_extras(mut self, extras: Extras) -> Self {
        self.extras = extras;
        self
    }
}

impl Engine for Uml {
    fn name(&self) -> EngineName {
        EngineName::Uml
    }

    fn description(&self) -> String {
        format!("a user-mode Linux guest ({})", self.source)
    }

    fn start(&self) -> io::Result<(Cage, Line)> {
        Cage::start_piped(
            Part::Uml,
            &guest::uml_arguments(&self.kernel, &self.extras)?,
        )
    }

    fn needs(&self) -> &'static str {
        "user-mode Linux needs ptrace, which a container may forbid (Docker: --cap-add SYS_PTRACE), \
         and its release 6.1 a CPU without AMX; on a kernel with IPVS, `--engine native` as root \
         needs neither"
    }

    fn boot_deadline(&self) -> Duration {
        Duration::from_secs(60)
    }
}
