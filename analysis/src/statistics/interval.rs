//! How far an observed share may lie from the true one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Share;

/// The 97.5 % quantile of the normal distribution: two sides make 95 %.
const Z: f64 = 1.959_964;

/// The smallest tolerance that [`connections_to_decide`] reckons with.
const SMALLEST_TOLERANCE: f64 = 0.001;

/// By how many standard deviations a share predicted from many replays may differ from their mean:
/// 99.9 % of them do not, for 16 replays (Student's distribution) and more so for more.
const PREDICTED: f64 = 4.0;

/// A range of shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Ends")]
pub struct Interval {
    /// Lower end.
    pub low: Share,
    /// Upper end.
    pub high: Share,
}

/// An interval as it is written, before its ends are known to be in order.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Interval")]
struct Ends {
    /// Lower end.
    low: Share,
    /// Upper end.
    high: Share,
}

/// An interval whose lower end lies above the upper one.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("an interval cannot begin at {low} and end at {high}")]
struct Backward {
    low: f64,
    high: f64,
}

impl TryFrom<Ends> for Interval {
    type Error = Backward;

    fn try_from(Ends { low, high }: Ends) -> Result<Self, Backward> {
        if low <= high {
            Ok(Self { low, high })
        } else {
            let (low, high) = (low.get(), high.get());
            Err(Backward { low, high })
        }
    }
}

impl Interval {
    /// The Wilson score interval at 95 % around the share `part` of `whole`; `None` if it has none.
    pub fn wilson(part: u64, whole: u64) -> Option<Self> {
        Self::wilson_around(Share::of(part, whole)?, whole)
    }

    /// The Wilson score interval at 95 % around a share that was seen in so many independent draws;
    /// `None` without a draw.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    /// Journal of the American Statistical Association 22 (1927).
    pub fn wilson_around(share: Share, draws: u64) -> Option<Self> {
        if draws == 0 {
            return None;
        }
        let (p, n) = (share.get(), draws as f64);
        let shrink = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / shrink;
        let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        // What was seen lies within, whatever rounding makes of the ends around nothing or all.
        Some(Self {
            low: Share::clamped((centre - half).min(p)),
            high: Share::clamped((centre + half).max(p)),
        })
    }

    /// The shares no further than `reach` from `centre`.
    pub(crate) fn around(centre: Share, reach: f64) -> Self {
        let reach = if reach.is_nan() { 1.0 } else { reach.abs() };
        Self {
            low: Share::clamped(centre.get() - reach),
            high: Share::clamped(centre.get() + reach),
        }
    }

    /// The least interval that holds this one and `share`.
    pub(crate) fn with(self, share: Share) -> Self {
        let (low, high) = (self.low.get(), self.high.get());
        Self {
            low: Share::clamped(low.min(share.get())),
            high: Share::clamped(high.max(share.get())),
        }
    }

    /// Whether it lies more than `tolerance` below or above all of `other`.
    pub(crate) fn lies_beyond(self, other: Self, tolerance: Share) -> bool {
        let tolerance = tolerance.get();
        self.high.get() < other.low.get() - tolerance
            || self.low.get() > other.high.get() + tolerance
    }

    /// Half its width.
    pub(crate) fn reach(self) -> f64 {
        self.high.minus(self.low) / 2.0
    }

    /// Whether no share of this interval lies within `tolerance` of `expected`.
    pub fn excludes(self, expected: Share, tolerance: Share) -> bool {
        let (low, high) = (self.low.get(), self.high.get());
        high < expected.get() - tolerance.get() || low > expected.get() + tolerance.get()
    }
}

/// Where the next share will lie with a chance of 99.9 %, if it is drawn as these were and they are
/// normally distributed: mean ± 4·s·√(1 + 1/n). `None` for fewer than two.
pub(crate) fn prediction_interval(shares: &[f64]) -> Option<(Share, Interval)> {
    let n = shares.len() as f64;
    if shares.len() < 2 {
        return None;
    }
    let mean = shares.iter().sum::<f64>() / n;
    let squares = shares.iter().map(|share| (share - mean).powi(2));
    let deviation = (squares.sum::<f64>() / (n - 1.0)).sqrt();
    let centre = Share::clamped(mean);
    let reach = PREDICTED * deviation * (1.0 + 1.0 / n).sqrt();
    Some((centre, Interval::around(centre, reach)))
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
    fn draws_that_never_differ_predict_just_themselves() {
        let (mean, interval) = prediction_interval(&[0.25; 8]).unwrap();
        assert_eq!((mean.get(), interval.reach()), (0.25, 0.0));
        assert_eq!(prediction_interval(&[0.25]), None);
    }

    #[test]
    fn an_interval_that_runs_backward_is_refused() {
        let read = serde_json::from_str::<Interval>;
        assert!(read(r#"{"low": 0.1, "high": 0.2}"#).is_ok());
        let error = read(r#"{"low": 0.2, "high": 0.1}"#).unwrap_err();
        assert!(error.to_string().contains("cannot begin at 0.2"), "{error}");
    }

    #[test]
    fn two_points_around_a_half_take_2401_connections() {
        let needed = connections_to_decide(Share::clamped(0.5), Share::clamped(0.02));
        assert_eq!(needed, 2401);
    }
}
