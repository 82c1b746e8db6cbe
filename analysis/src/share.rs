//! Shares of a whole.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a whole: a finite number from 0 to 1.
///
/// The share of nothing is not a share: [`Share::of`] gives `None` for an empty whole.
#[derive(
    Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
pub struct Share(f64);

/// A number that cannot be a share.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a share: a share is a number from 0 to 1")]
pub struct ShareOutOfRange(f64);

impl Share {
    /// Nothing of it.
    pub const ZERO: Self = Self(0.0);

    /// `part` of `whole`; `None` if the whole is empty or smaller than the part.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        (whole > 0 && part <= whole).then(|| Self(part as f64 / whole as f64))
    }

    /// The nearest share to `value`; a value that is not a number counts as 0.
    pub fn clamped(value: f64) -> Self {
        if value.is_nan() {
            Self::ZERO
        } else {
            Self(value.clamp(0.0, 1.0))
        }
    }

    /// The share as a plain number from 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Signed difference to `other`, as a fraction: 0.01 is one percentage point.
    pub fn minus(self, other: Self) -> f64 {
        self.0 - other.0
    }
}

impl TryFrom<f64> for Share {
    type Error = ShareOutOfRange;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(ShareOutOfRange(value))
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

/// As a percentage with one decimal, for instance `73.0 %`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.1} %", self.0 * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_nothing_is_none() {
        assert_eq!(Share::of(0, 0), None);
        assert_eq!(Share::of(2, 1), None);
        assert_eq!(Share::of(1, 4).map(Share::get), Some(0.25));
    }

    #[test]
    fn numbers_outside_0_to_1_are_refused() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Share::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_share_reads_as_a_percentage() {
        assert_eq!(Share::clamped(0.7304).to_string(), "73.0 %");
    }
}
