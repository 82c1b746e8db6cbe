//! Flags of virtual services.

use std::ops::{BitOr, BitOrAssign};

use serde::{Deserialize, Serialize};

use crate::abi;

/// The flags of a service that a user sets (`IP_VS_SVC_F_*` in `include/uapi/linux/ip_vs.h`).
///
/// Two flags of the kernel are not here: persistence, because a service says it by its
/// [`Persistence`](crate::Persistence), and the kernel's internal "hashed", because it would make
/// every service in the kernel differ from the one that was asked for. Bits without a name are
/// kept.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(from = "u32", into = "u32")]
pub struct ServiceFlags(u32);

impl ServiceFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Every datagram is scheduled for itself (`ipvsadm -o`); for UDP.
    pub const ONE_PACKET: Self = Self(0x0004);
    /// The scheduler's first flag.
    pub const SCHEDULER_1: Self = Self(0x0008);
    /// The scheduler's second flag.
    pub const SCHEDULER_2: Self = Self(0x0010);
    /// The scheduler's third flag.
    pub const SCHEDULER_3: Self = Self(0x0020);
    /// `sh-fallback`: take another server if the hashed one is not available.
    pub const SH_FALLBACK: Self = Self::SCHEDULER_1;
    /// `sh-port`: hash the client's port too.
    pub const SH_PORT: Self = Self::SCHEDULER_2;
    /// `mh-fallback`: take another server if the hashed one is not available.
    pub const MH_FALLBACK: Self = Self::SCHEDULER_1;
    /// `mh-port`: hash the client's port too.
    pub const MH_PORT: Self = Self::SCHEDULER_2;

    const NOT_SETTINGS: u32 = abi::SERVICE_PERSISTENT | abi::SERVICE_HASHED;

    /// The flags as the kernel's bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl From<u32> for ServiceFlags {
    /// Keeps the settings among the kernel's bits.
    fn from(bits: u32) -> Self {
        Self(bits & !Self::NOT_SETTINGS)
    }
}

impl From<ServiceFlags> for u32 {
    fn from(flags: ServiceFlags) -> Self {
        flags.0
    }
}

impl BitOr for ServiceFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for ServiceFlags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}
