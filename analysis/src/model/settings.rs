//! What a model has to know of its service.

use director_setup::{Scheduler, ServiceFlags};

use super::{KernelVersion, MaglevTableSize};

/// A scheduler with everything that decides how it behaves, but for its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSettings {
    /// Which scheduler.
    pub scheduler: Scheduler,
    /// Flags of the service; sh and mh have some of their own.
    pub flags: ServiceFlags,
    /// Whose behaviour is modelled.
    pub kernel: KernelVersion,
    /// Size of mh's lookup table, a setting of the kernel's build.
    pub maglev_table: MaglevTableSize,
    /// From which twos draws its random numbers.
    pub seed: u64,
}

impl ModelSettings {
    /// The scheduler without flags, in this kernel with its default settings.
    pub fn new(scheduler: Scheduler, kernel: KernelVersion) -> Self {
        Self {
            scheduler,
            flags: ServiceFlags::NONE,
            kernel,
            maglev_table: MaglevTableSize::default(),
            seed: 0,
        }
    }

    /// The same with these flags.
    #[must_use]
    pub const fn with_flags(mut self, flags: ServiceFlags) -> Self {
        self.flags = flags;
        self
    }
}
