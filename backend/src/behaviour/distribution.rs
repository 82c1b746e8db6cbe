//! How an amount is drawn.

use std::fmt;

use super::unit::Unit;

/// The distribution of a non-negative amount: nanoseconds of a [`Delay`](super::Delay), bytes of
/// a [`Size`](super::Size).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Fixed(u64),
    /// Every whole number from `least` to `most`, both included, is as likely as another.
    Uniform {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// Exponential: no memory, most are small; its standard deviation is its mean.
    Exponential {
        /// The mean.
        mean: u64,
    },
    /// Pareto (type I), a heavy tail: P(X > x) = (least / x)^shape. Up to shape 2 its variance is
    /// infinite, up to 1 its mean too.
    Pareto {
        /// The smallest.
        least: u64,
        /// The exponent of the tail, above 0.
        shape: f64,
    },
}

impl Distribution {
    /// The amount at a probability from 0 to below 1: the inverse of the distribution function,
    /// before anything limits it.
    pub(super) fn at(&self, probability: f64) -> f64 {
        match *self {
            Self::Fixed(amount) => amount as f64,
            Self::Uniform { least, most } => {
                least as f64 + (probability * ((most - least) as f64 + 1.0)).floor()
            }
            Self::Exponential { mean } => -(mean as f64) * (-probability).ln_1p(),
            Self::Pareto { least, shape } => least as f64 * (1.0 - probability).powf(-1.0 / shape),
        }
    }

    /// Reads `5ms`, `fixed:5ms`, `uniform:1ms..5ms`, `exponential:5ms` or `pareto:1ms:1.5`.
    pub(super) fn read(text: &str, unit: Unit) -> Option<Self> {
        let Some((kind, rest)) = text.split_once(':') else {
            return unit.read(text).map(Self::Fixed);
        };
        match kind {
            "fixed" => unit.read(rest).map(Self::Fixed),
            "uniform" => {
                let (least, most) = rest.split_once("..")?;
                let (least, most) = (unit.read(least)?, unit.read(most)?);
                (least <= most).then_some(Self::Uniform { least, most })
            }
            "exponential" => unit.read(rest).map(|mean| Self::Exponential { mean }),
            "pareto" => {
                let (least, shape) = rest.split_once(':')?;
                let (least, shape) = (unit.read(least)?, shape.parse::<f64>().ok()?);
                (shape.is_finite() && shape > 0.0).then_some(Self::Pareto { least, shape })
            }
            _ => None,
        }
    }

    /// Writes what [`Distribution::read`] reads.
    pub(super) fn write(&self, unit: Unit, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Fixed(amount) => unit.write(amount, f),
            Self::Uniform { least, most } => {
                f.write_str("uniform:")?;
                unit.write(least, f)?;
                f.write_str("..")?;
                unit.write(most, f)
            }
            Self::Exponential { mean } => {
                f.write_str("exponential:")?;
                unit.write(mean, f)
            }
            Self::Pareto { least, shape } => {
                f.write_str("pareto:")?;
                unit.write(least, f)?;
                write!(f, ":{shape}")
            }
        }
    }
}
