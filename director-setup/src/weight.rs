//! Weights of real servers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The weight of a real server: its capacity relative to the others of one service.
///
/// The kernel keeps a signed 32-bit number and refuses a negative one with `ERANGE`
/// (`ip_vs_add_dest` in `net/netfilter/ipvs/ip_vs_ctl.c`, Linux 6.1), so the range is
/// 0 to 2^31-1. Weight 0 is "quiesced": no new connections, the existing ones stay.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Weight(u32);

/// A number that cannot be a weight.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("weight {0} is out of range: the kernel accepts 0 to {max}", max = Weight::MAX.0)]
pub struct WeightOutOfRange(String);

impl Weight {
    /// The largest weight that the kernel accepts.
    pub const MAX: Self = Self(i32::MAX as u32);
    /// The weight of a real server that gets no new connections.
    pub const ZERO: Self = Self(0);
    /// The weight that `ipvsadm` gives when none is named.
    pub const ONE: Self = Self(1);

    /// The weight as a plain number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Weight {
    type Error = WeightOutOfRange;

    fn try_from(value: u32) -> Result<Self, Self::Error> {
        if value <= Self::MAX.0 {
            Ok(Self(value))
        } else {
            Err(WeightOutOfRange(value.to_string()))
        }
    }
}

impl From<Weight> for u32 {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

impl From<u16> for Weight {
    fn from(value: u16) -> Self {
        Self(u32::from(value))
    }
}

impl FromStr for Weight {
    type Err = WeightOutOfRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: u32 = text
            .parse()
            .map_err(|_| WeightOutOfRange(text.to_owned()))?;
        Self::try_from(number)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
