//! Spans of time: how they are written, and how they become whole nanoseconds.

use std::time::Duration;

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time: write a number with its unit, as 3ms, 1.5s, 200us or 5m")]
pub struct NotASpan(String);

/// Units by their names, in seconds.
const UNITS: [(&str, f64); 7] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
];

/// The span that a text such as `3ms` means.
pub fn parse_span(text: &str) -> Result<Duration, NotASpan> {
    let wrong = || NotASpan(text.to_owned());
    let unit_from = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_from);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, seconds) = known.ok_or_else(wrong)?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// Whole nanoseconds; what does not fit, 584 years, is the largest number.
pub(super) fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Seconds in whole nanoseconds; what does not fit is the nearest number that does.
pub(super) fn nanoseconds_of(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the conversion saturates, which is what is meant"
    )]
    let whole = (seconds * 1e9).round() as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_its_unit() {
        let read = ["3ms", "1.5s", "200us", "2µs", "5m", "1h", "7ns"].map(|text| {
            let span = parse_span(text).unwrap();
            nanoseconds(span)
        });
        let expected = [
            3_000_000,
            1_500_000_000,
            200_000,
            2_000,
            300_000_000_000,
            3_600_000_000_000,
            7,
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_span_is_told() {
        for bad in [
            "",
            "3",
            "ms",
            "3 ms",
            "-3ms",
            "1e3s",
            "3days",
            "99999999999999999999999s",
        ] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_beyond_the_numbers_saturate() {
        assert_eq!([-1.0, f64::INFINITY].map(nanoseconds_of), [0, u64::MAX]);
    }
}
