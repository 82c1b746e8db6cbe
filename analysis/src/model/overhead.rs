//! The load that lc and wlc compare.

use super::Candidate;
use super::kernel::{KernelChange, KernelVersion};

/// How a kernel weighs open against closed connections (`ip_vs_dest_conn_overhead` in
/// `include/net/ip_vs.h`).
///
/// The kernel reckons in 32 bits, which overflow from 8 million open connections to one server on;
/// here they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overhead {
    /// `active * 256 + inactive`: Linux before 6.1.183, 6.12.104 and 7.2.
    ActiveAndInactive,
    /// `active * 256 + (active + inactive)`: from those on. The two formulas order servers alike in
    /// nearly all cases.
    ActiveAndTotal,
}

impl Overhead {
    /// The formula of a kernel.
    pub(crate) fn of_kernel(kernel: KernelVersion) -> Self {
        if kernel.has(KernelChange::TotalConnections) {
            Self::ActiveAndTotal
        } else {
            Self::ActiveAndInactive
        }
    }

    /// What an open connection weighs when a closed one weighs 1.
    pub const fn of_open_connection(self) -> u64 {
        match self {
            Self::ActiveAndInactive => 256,
            Self::ActiveAndTotal => 257,
        }
    }

    /// The load of one real server; below 2^41.
    pub(super) fn of(self, server: &Candidate) -> u64 {
        self.of_open_connection() * u64::from(server.active) + u64::from(server.inactive)
    }
}

/// Whether `one` over its weight is less than `other` over its weight: compared by
/// cross-multiplication, as the kernel does. Loads are below 2^41 and weights below 2^31.
pub(super) fn is_less_for_its_weight(
    (one, one_weight): (u64, u32),
    (other, other_weight): (u64, u32),
) -> bool {
    let product = |load: u64, weight: u32| u128::from(load) * u128::from(weight);
    product(one, other_weight) < product(other, one_weight)
}
