//! The names of the IPVS schedulers.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPVS scheduler, by the name under which the kernel registers it.
///
/// Each lives in a module `ip_vs_NAME` (`net/netfilter/ipvs/ip_vs_*.c`), which the kernel loads
/// when a service asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Scheduler {
    /// Round robin; weights are ignored, except 0.
    RoundRobin,
    /// Weighted round robin: exact shares in every full cycle.
    WeightedRoundRobin,
    /// Least connections; weights are ignored, except 0.
    LeastConnection,
    /// Weighted least connections, the default of `ipvsadm`.
    WeightedLeastConnection,
    /// Locality-based least connections, by destination address.
    LocalityBasedLeastConnection,
    /// Locality-based least connections with replication.
    LocalityBasedLeastConnectionReplication,
    /// Destination hashing.
    DestinationHashing,
    /// Source hashing over 256 buckets.
    SourceHashing,
    /// Shortest expected delay.
    ShortestExpectedDelay,
    /// Never queue: an idle server first, else shortest expected delay.
    NeverQueue,
    /// Weighted fail-over: the heaviest server gets everything.
    WeightedFailOver,
    /// Weighted overflow: the heaviest server until it has as many connections as its weight.
    WeightedOverflow,
    /// Maglev hashing.
    MaglevHashing,
    /// The better of two weighted random draws.
    PowerOfTwo,
    /// A scheduler that this enumeration does not know; the kernel decides whether it exists.
    Other(String),
}

impl Scheduler {
    /// Every scheduler of the mainline kernel, in the order of `net/netfilter/ipvs/Kconfig` (6.12).
    pub const KNOWN: [Self; 14] = [
        Self::RoundRobin,
        Self::WeightedRoundRobin,
        Self::LeastConnection,
        Self::WeightedLeastConnection,
        Self::WeightedFailOver,
        Self::WeightedOverflow,
        Self::LocalityBasedLeastConnection,
        Self::LocalityBasedLeastConnectionReplication,
        Self::DestinationHashing,
        Self::SourceHashing,
        Self::MaglevHashing,
        Self::ShortestExpectedDelay,
        Self::NeverQueue,
        Self::PowerOfTwo,
    ];

    /// The name that the kernel and `ipvsadm -s` use.
    pub fn name(&self) -> &str {
        match self {
            Self::RoundRobin => "rr",
            Self::WeightedRoundRobin => "wrr",
            Self::LeastConnection => "lc",
            Self::WeightedLeastConnection => "wlc",
            Self::LocalityBasedLeastConnection => "lblc",
            Self::LocalityBasedLeastConnectionReplication => "lblcr",
            Self::DestinationHashing => "dh",
            Self::SourceHashing => "sh",
            Self::ShortestExpectedDelay => "sed",
            Self::NeverQueue => "nq",
            Self::WeightedFailOver => "fo",
            Self::WeightedOverflow => "ovf",
            Self::MaglevHashing => "mh",
            Self::PowerOfTwo => "twos",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Scheduler {
    fn from(name: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|known| known.name() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for Scheduler {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Scheduler> for String {
    fn from(scheduler: Scheduler) -> Self {
        scheduler.name().to_owned()
    }
}

impl FromStr for Scheduler {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
