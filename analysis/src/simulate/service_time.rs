//! How long a connection keeps its real server busy.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;

use super::positive::{NotPositive, Positive};
use super::span::{NotASpan, nanoseconds, nanoseconds_of, parse_span};

/// A draw is no longer than a day: heavy tails have no end.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The distribution of service times, each drawn for itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceTime {
    /// Always the same.
    Fixed(Duration),
    /// Anything between the two, alike.
    Uniform(Duration, Duration),
    /// Exponential with this mean.
    Exponential(Duration),
    /// Pareto: never below `least`; the tail falls with the power `shape`. With a shape up to 1 the
    /// mean is infinite, up to 2 the variance is.
    Pareto {
        /// The scale.
        least: Duration,
        /// The index of the tail.
        shape: Positive,
    },
    /// Log-normal: the logarithm is normal around that of `median`.
    LogNormal {
        /// Half of the draws lie below.
        median: Duration,
        /// Standard deviation of the logarithm.
        sigma: Positive,
    },
}

/// A text that names no distribution of service times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAServiceTime {
    /// The name, or the number of its parameters, is wrong.
    #[error(
        "{0:?} is no service time: write 3ms, exp:3ms, uniform:1ms-5ms, pareto:1ms:1.5 or \
         lognormal:3ms:1"
    )]
    Form(String),
    /// A time in it is none.
    #[error(transparent)]
    Span(#[from] NotASpan),
    /// A number in it is none, or not above 0.
    #[error(transparent)]
    Number(#[from] NotPositive),
}

impl ServiceTime {
    /// Whether draws differ.
    pub fn is_random(self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Uniform(low, high) => low != high,
            Self::Exponential(_) | Self::Pareto { .. } | Self::LogNormal { .. } => true,
        }
    }

    /// Half of the draws are no longer.
    pub fn median(self) -> Duration {
        let times = |time: Duration, factor: f64| {
            Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(LONGEST)
        };
        match self {
            Self::Fixed(time) => time,
            Self::Uniform(one, other) => one.saturating_add(other) / 2,
            Self::Exponential(mean) => times(mean, std::f64::consts::LN_2),
            Self::Pareto { least, shape } => times(least, 2_f64.powf(1.0 / shape.get())),
            Self::LogNormal { median, .. } => median,
        }
        .min(LONGEST)
    }

    /// One draw on a real server of this speed, in nanoseconds.
    pub(super) fn draw(self, random: &mut Rng, speed: Positive) -> u64 {
        let whole = match self {
            Self::Fixed(time) => nanoseconds(time),
            Self::Uniform(one, other) => {
                let (one, other) = (nanoseconds(one), nanoseconds(other));
                random.u64(one.min(other)..=one.max(other))
            }
            Self::Exponential(mean) => nanoseconds_of(-above_0(random).ln() * mean.as_secs_f64()),
            Self::Pareto { least, shape } => {
                let factor = above_0(random).powf(-1.0 / shape.get());
                nanoseconds_of(least.as_secs_f64() * factor)
            }
            Self::LogNormal { median, sigma } => {
                let factor = (sigma.get() * normal(random)).exp();
                nanoseconds_of(median.as_secs_f64() * factor)
            }
        };
        let at_this_speed = if speed == Positive::ONE {
            whole
        } else {
            nanoseconds_of(whole as f64 * 1e-9 / speed.get())
        };
        at_this_speed.min(nanoseconds(LONGEST))
    }
}

/// A uniform draw above 0 and up to 1.
pub(super) fn above_0(random: &mut Rng) -> f64 {
    1.0 - random.f64()
}

/// A draw from the standard normal distribution, after Box and Muller (1958).
fn normal(random: &mut Rng) -> f64 {
    (-2.0 * above_0(random).ln()).sqrt() * (TAU * random.f64()).cos()
}

impl FromStr for ServiceTime {
    type Err = NotAServiceTime;

    fn from_str(text: &str) -> Result<Self, NotAServiceTime> {
        let parts: Vec<_> = text.split(':').collect();
        Ok(match parts[..] {
            [time] => Self::Fixed(parse_span(time)?),
            ["exp", mean] => Self::Exponential(parse_span(mean)?),
            ["uniform", range] => {
                let wrong = || NotAServiceTime::Form(text.to_owned());
                let (low, high) = range.split_once('-').ok_or_else(wrong)?;
                Self::Uniform(parse_span(low)?, parse_span(high)?)
            }
            ["pareto", least, shape] => Self::Pareto {
                least: parse_span(least)?,
                shape: shape.parse()?,
            },
            ["lognormal", median, sigma] => Self::LogNormal {
                median: parse_span(median)?,
                sigma: sigma.parse()?,
            },
            _ => return Err(NotAServiceTime::Form(text.to_owned())),
        })
    }
}

/// As it is read.
impl fmt::Display for ServiceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(time) => write!(f, "{time:?}"),
            Self::Uniform(low, high) => write!(f, "uniform:{low:?}-{high:?}"),
            Self::Exponential(mean) => write!(f, "exp:{mean:?}"),
            Self::Pareto { least, shape } => write!(f, "pareto:{least:?}:{shape}"),
            Self::LogNormal { median, sigma } => write!(f, "lognormal:{median:?}:{sigma}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: [&str; 5] = [
        "3ms",
        "uniform:1ms-5ms",
        "exp:3ms",
        "pareto:1ms:1.5",
        "lognormal:3ms:0.5",
    ];

    fn draws(text: &str, speed: f64) -> Vec<u64> {
        let time: ServiceTime = text.parse().unwrap();
        let mut random = Rng::with_seed(1);
        let speed = Positive::try_from(speed).unwrap();
        let draws = (0..100_000).map(|_| time.draw(&mut random, speed));
        draws.collect()
    }

    #[test]
    fn every_distribution_is_written_as_it_is_read() {
        for text in WRITTEN {
            let time: ServiceTime = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_distribution_is_told() {
        for bad in [
            "",
            "3",
            "exp",
            "exp:3",
            "uniform:3ms",
            "pareto:1ms:0",
            "gamma:1ms:2",
        ] {
            assert!(bad.parse::<ServiceTime>().is_err(), "{bad}");
        }
    }

    /// Half of the draws lie below the median; the standard error of that part is 0.16 %, so a
    /// deviation of 1 % is a false alarm once in more than a million seeds.
    #[test]
    fn half_of_the_draws_lie_below_the_median() {
        let medians = [
            ("uniform:1ms-5ms", 3e6),
            ("exp:3ms", 3e6 * 2f64.ln()),
            ("pareto:1ms:1.5", 1e6 * 2f64.powf(1.0 / 1.5)),
            ("lognormal:3ms:0.5", 3e6),
        ];
        for (text, median) in medians {
            let below = draws(text, 1.0)
                .iter()
                .filter(|&&draw| (draw as f64) < median)
                .count();
            assert!(below.abs_diff(50_000) < 1_000, "{text}: {below}");
        }
    }

    #[test]
    fn a_server_of_twice_the_speed_takes_half_the_time() {
        for text in WRITTEN {
            for (slow, fast) in draws(text, 1.0).iter().zip(draws(text, 2.0)) {
                assert!(slow.abs_diff(2 * fast) <= 2, "{text}: {slow} {fast}");
            }
        }
    }

    #[test]
    fn no_draw_is_longer_than_a_day() {
        assert!(
            draws("pareto:1h:0.1", 1.0)
                .iter()
                .all(|&draw| draw <= nanoseconds(LONGEST))
        );
    }
}
