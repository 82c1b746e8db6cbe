//! From latencies and percentiles to places.

use hdrhistogram::Histogram;

use super::{LEFT, PLOT_HEIGHT, Px, RIGHT, TOP, Tick};

/// The deepest percentile that is drawn: six nines.
const MOST_NINES: u32 = 6;

/// Latencies from one power of ten to another, percentiles to so many nines.
pub(super) struct Scale {
    low: i32,
    high: i32,
    nines: u32,
}

impl Scale {
    pub(super) fn of<'a>(histograms: impl Iterator<Item = &'a Histogram<u64>>) -> Self {
        let (mut shortest, mut longest, mut count) = (u64::MAX, 1, 1);
        for histogram in histograms {
            shortest = shortest.min(histogram.min().max(1));
            longest = longest.max(histogram.max());
            count = count.max(histogram.len());
        }
        let low = shortest.min(longest).ilog10();
        let high = longest.ilog10() + 1;
        let exponent = |power| i32::try_from(power).unwrap_or(i32::MAX);
        Self {
            low: exponent(low),
            high: exponent(high),
            nines: count.ilog10().clamp(1, MOST_NINES),
        }
    }

    /// The last value of all stands at the right edge.
    pub(super) fn x(&self, quantile: f64) -> f64 {
        let nines = -(1.0 - quantile).max(1e-12).log10();
        let part = (nines / f64::from(self.nines)).clamp(0.0, 1.0);
        LEFT + part * (RIGHT - LEFT)
    }

    pub(super) fn y(&self, nanoseconds: u64) -> f64 {
        let exponent = (nanoseconds.max(1) as f64).log10();
        let part = (exponent - f64::from(self.low)) / f64::from(self.high - self.low);
        TOP + (1.0 - part.clamp(0.0, 1.0)) * PLOT_HEIGHT
    }

    pub(super) fn columns(&self) -> Vec<Tick> {
        let half = (0.5, "50 %".to_owned());
        let nines = (1..=self.nines).map(|nines| {
            let decimals = usize::try_from(nines.saturating_sub(2)).unwrap_or(0);
            let quantile = 1.0 - 0.1_f64.powf(f64::from(nines));
            (quantile, format!("{:.decimals$} %", quantile * 100.0))
        });
        let places = [(0.0, "0 %".to_owned()), half].into_iter().chain(nines);
        places
            .map(|(quantile, text)| Tick {
                at: Px(self.x(quantile)),
                text,
            })
            .collect()
    }

    pub(super) fn rows(&self) -> Vec<Tick> {
        let exponents = self.low..=self.high;
        exponents
            .map(|exponent| Tick {
                at: Px(self.y(10_u64.saturating_pow(exponent.unsigned_abs()))),
                text: power(exponent),
            })
            .collect()
    }
}

/// A power of ten of nanoseconds in its usual unit.
fn power(exponent: i32) -> String {
    const UNITS: [&str; 4] = ["ns", "µs", "ms", "s"];
    let exponent = exponent.unsigned_abs();
    let unit = (exponent / 3).min(3);
    let number = 10_u64.saturating_pow(exponent - unit * 3);
    format!("{number} {}", UNITS[unit as usize])
}
