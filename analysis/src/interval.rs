//! How far an observed share may lie from the true one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Share;

/// The 97.5 % quantile of the normal distribution: two sides make 95 %.
const Z: f64 = 1.959_964;

/// The smallest tolerance that [`connections_to_decide`] reckons with.
const SMALLEST_TOLERANCE: f64 = 0.001;

/// A range of shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end.
    pub low: Share,
    /// Upper end.
    pub high: Share,
}

impl Interval {
    /// The Wilson score interval at 95 % around the share `part` of `whole`; `None` if it has none.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    /// Journal of the American Statistical Association 22 (1927).
    pub fn wilson(part: u64, whole: u64) -> Option<Self> {
        let p = Share::of(part, whole)?.get();
        let n = whole as f64;
        let shrink = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / shrink;
        let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some(Self {
            low: Share::clamped(centre - half),
            high: Share::clamped(centre + half),
        })
    }

    /// Whether no share of this interval lies within `tolerance` of `expected`.
    pub fn excludes(self, expected: Share, tolerance: Share) -> bool {
        let (low, high) = (self.low.get(), self.high.get());
        high < expected.get() - tolerance.get() || low > expected.get() + tolerance.get()
    }
}

/// How many independent connections place a share near `p` within `tolerance`: z²p(1−p)/e².
///
/// A tolerance below 0.1 point counts as 0.1 point, lest the answer be "never".
pub(crate) fn connections_to_decide(p: Share, tolerance: Share) -> u64 {
    let e = tolerance.get().max(SMALLEST_TOLERANCE);
    let needed = Z * Z * p.get() * (1.0 - p.get()) / (e * e);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "p is 0 to 1 and e at least 0.001, so this lies between 0 and 960,365"
    )]
    let needed = needed.ceil() as u64;
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The interval's ends are the p at which the observed share is just Z standard errors away.
    #[test]
    fn wilson_ends_solve_the_equation_that_defines_them() {
        for (part, whole) in [(80, 100), (1, 7), (9_999, 10_000)] {
            let observed = Share::of(part, whole).unwrap();
            let interval = Interval::wilson(part, whole).unwrap();
            for end in [interval.low, interval.high] {
                let variance = end.get() * (1.0 - end.get()) / whole as f64;
                let distance = observed.minus(end).powi(2) - Z * Z * variance;
                assert!(distance.abs() < 1e-12, "{part} of {whole}: {distance}");
            }
        }
    }

    #[test]
    fn nothing_and_everything_stay_within_0_and_1() {
        assert_eq!(Interval::wilson(0, 10).unwrap().low, Share::ZERO);
        assert!(Interval::wilson(10, 10).unwrap().high.get() <= 1.0);
    }

    #[test]
    fn an_empty_run_has_no_interval() {
        assert_eq!(Interval::wilson(0, 0), None);
    }

    #[test]
    fn two_points_around_a_half_take_2401_connections() {
        let needed = connections_to_decide(Share::clamped(0.5), Share::clamped(0.02));
        assert_eq!(needed, 2401);
    }
}
