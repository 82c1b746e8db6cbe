//! Numbers with units.

use std::fmt;

/// What a figure is, and the unit in which it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Seconds.
    Time,
    /// A whole number.
    Count,
    /// From 0 to 1.
    Share,
    /// Per second.
    Rate,
}

/// A unit with its name and how much of the kind's unit it is: `value · times / per`. Both are
/// whole, so that 50ms is the same number as 0.05s.
#[derive(Debug, PartialEq)]
struct Unit {
    name: &'static str,
    times: f64,
    per: f64,
}

const fn unit(name: &'static str, times: f64, per: f64) -> Unit {
    Unit { name, times, per }
}

const TIMES: &[Unit] = &[
    unit("ns", 1.0, 1e9),
    unit("us", 1.0, 1e6),
    unit("µs", 1.0, 1e6),
    unit("ms", 1.0, 1e3),
    unit("s", 1.0, 1.0),
    unit("m", 60.0, 1.0),
    unit("h", 3600.0, 1.0),
];
const COUNTS: &[Unit] = &[unit("", 1.0, 1.0)];
const SHARES: &[Unit] = &[unit("%", 1.0, 100.0), unit("", 1.0, 1.0)];
const RATES: &[Unit] = &[unit("/s", 1.0, 1.0), unit("", 1.0, 1.0)];

impl Kind {
    const fn units(self) -> &'static [Unit] {
        match self {
            Self::Time => TIMES,
            Self::Count => COUNTS,
            Self::Share => SHARES,
            Self::Rate => RATES,
        }
    }

    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Time => "a time with its unit, such as 500us, 50ms or 1.5s",
            Self::Count => "a whole number",
            Self::Share => "a share from 0 to 1, or 0% to 100%",
            Self::Rate => "a number per second",
        }
    }

    /// A figure in the kind's unit, for people.
    pub(super) fn show(self, figure: f64) -> String {
        match self {
            Self::Time if figure < 0.001 => format!("{:.1} us", figure * 1e6),
            Self::Time if figure < 1.0 => format!("{:.3} ms", figure * 1e3),
            Self::Time => format!("{figure:.3} s"),
            Self::Count => format!("{figure}"),
            Self::Share => format!("{:.3} %", figure * 100.0),
            Self::Rate => format!("{figure:.1}/s"),
        }
    }
}

/// A number with its unit, as typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantity {
    number: f64,
    unit: &'static Unit,
}

impl Quantity {
    /// Nothing if it is no number from 0 up, or its unit is not of this kind.
    pub(super) fn parse(text: &str, kind: Kind) -> Option<Self> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, name) = text.split_at(end);
        let number: f64 = number.parse().ok()?;
        let unit = kind
            .units()
            .iter()
            .find(|unit| unit.name == name.trim_start())?;
        let quantity = Self { number, unit };
        let possible = match kind {
            Kind::Count => number.fract() == 0.0,
            Kind::Share => quantity.value() <= 1.0,
            Kind::Time | Kind::Rate => true,
        };
        (possible && quantity.value().is_finite()).then_some(quantity)
    }

    /// In the unit of its kind.
    pub(super) fn value(&self) -> f64 {
        self.number * self.unit.times / self.unit.per
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.name)
    }
}
