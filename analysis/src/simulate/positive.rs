//! Numbers that have to be above 0.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A finite number above 0: a rate, a speed, a shape.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
pub struct Positive(f64);

/// A number that is not finite, or not above 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} will not do: it takes a number above 0")]
pub struct NotPositive(String);

impl Positive {
    /// The number 1.
    pub const ONE: Self = Self(1.0);

    /// As a plain number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Positive {
    type Error = NotPositive;

    fn try_from(value: f64) -> Result<Self, NotPositive> {
        if value.is_finite() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(NotPositive(value.to_string()))
        }
    }
}

impl FromStr for Positive {
    type Err = NotPositive;

    fn from_str(text: &str) -> Result<Self, NotPositive> {
        let value: f64 = text.parse().map_err(|_| NotPositive(text.to_owned()))?;
        Self::try_from(value)
    }
}

impl fmt::Display for Positive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_below_or_beyond_the_numbers_is_taken() {
        for bad in ["0", "-1", "NaN", "inf", "", "many"] {
            assert!(bad.parse::<Positive>().is_err(), "{bad}");
        }
        assert_eq!("2.5".parse::<Positive>().map(Positive::get), Ok(2.5));
    }
}
