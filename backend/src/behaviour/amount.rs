//! Delays and sizes: a distribution with a unit.

use std::fmt;
use std::time::Duration;

use super::chance::Chance;
use super::distribution::Distribution;
use super::unit::Unit;

/// A random or fixed time. What is drawn is at most an hour; tokio's timers round it up to whole
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay(Distribution);

/// A random or fixed number of bytes. What is drawn is at most [`MOST_BYTES`](super::MOST_BYTES).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size(Distribution);

impl Delay {
    /// No delay at all.
    pub const NONE: Self = Self(Distribution::Fixed(0));

    /// Whether it is always zero.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// How it is distributed, in nanoseconds.
    pub fn distribution(&self) -> Distribution {
        self.0
    }

    /// Reads it as it is written on the command line, such as `uniform:1ms..5ms`.
    pub(super) fn read(text: &str) -> Option<Self> {
        Distribution::read(text, Unit::Time).map(Self)
    }

    /// The next delay. A fixed one leaves the chance as it is.
    pub fn draw(&self, chance: &mut Chance) -> Duration {
        Duration::from_nanos(draw(&self.0, Unit::Time, chance))
    }
}

impl Size {
    /// How it is distributed, in bytes.
    pub fn distribution(&self) -> Distribution {
        self.0
    }

    /// Reads it as it is written on the command line, such as `4KiB`.
    pub(super) fn read(text: &str) -> Option<Self> {
        Distribution::read(text, Unit::Bytes).map(Self)
    }

    /// The next size. A fixed one leaves the chance as it is.
    pub fn draw(&self, chance: &mut Chance) -> u64 {
        draw(&self.0, Unit::Bytes, chance)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an amount is neither negative nor NaN, and `as` saturates"
)]
fn draw(distribution: &Distribution, unit: Unit, chance: &mut Chance) -> u64 {
    match distribution {
        Distribution::Fixed(amount) => *amount,
        random => (random.at(chance.unit()) as u64).min(unit.most()),
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(Unit::Time, f)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(Unit::Bytes, f)
    }
}
