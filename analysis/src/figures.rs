//! How numbers are written in sentences and tables.

use std::time::Duration;

/// A count with commas between thousands: `10,000`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun, in the plural unless it is one: `1 request`, `2 requests`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// A fraction in percentage points without a sign: 0.0125 is `1.25`.
pub(crate) fn points(fraction: f64) -> String {
    format!("{:.2}", fraction.abs() * 100.0)
}

/// A bound in percentage points: what is above 0 never reads as 0.
pub(crate) fn bound_points(fraction: f64) -> String {
    match points(fraction) {
        text if text == "0.00" && fraction > 0.0 => "0.01".to_owned(),
        text => text,
    }
}

/// A fraction in percentage points with its sign; what rounds to zero has none.
pub(crate) fn signed_points(fraction: f64) -> String {
    let text = format!("{:+.2}", fraction * 100.0);
    match text.as_str() {
        "+0.00" | "-0.00" => "0.00".to_owned(),
        _ => text,
    }
}

/// Microseconds in the unit that a person would choose: `950 µs`, `1.25 ms`, `3.00 s`.
pub(crate) fn latency(microseconds: u64) -> String {
    let us = microseconds as f64;
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..1_000_000 => format!("{:.2} ms", us / 1e3),
        _ => format!("{:.2} s", us / 1e6),
    }
}

/// Milliseconds as `950 ms` or `3.4 s`.
pub(crate) fn took(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", milliseconds as f64 / 1e3),
    }
}

/// A limit as a person sets it: `60 s`, `1.5 s`, `250 ms`.
pub(crate) fn time_limit(limit: Duration) -> String {
    match (limit.as_secs(), limit.subsec_nanos()) {
        (seconds @ 1.., 0) => format!("{} s", count(seconds)),
        _ => took(milliseconds(limit)),
    }
}

/// A rate per second: one decimal below 100, none above.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        return format!("{per_second:.1}");
    }
    let whole = format!("{per_second:.0}");
    whole.parse().map_or(whole, count)
}

/// Whole milliseconds of a duration; what does not fit is the largest number.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas_between_thousands() {
        let written = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!(signed_points(-0.000_01), "0.00");
        assert_eq!(signed_points(0.012_5), "+1.25");
    }

    #[test]
    fn a_bound_above_0_never_reads_as_0() {
        let written = [0.0, 0.000_01, 0.012_5].map(bound_points);
        assert_eq!(written, ["0.00", "0.01", "1.25"]);
    }

    #[test]
    fn rates_are_rounded_and_have_commas() {
        assert_eq!([2.75, 99.96, 2_702.7].map(rate), ["2.8", "100.0", "2,703"]);
    }

    #[test]
    fn limits_of_whole_seconds_have_no_decimals() {
        let written = [60_000, 1_500, 250].map(|ms| time_limit(Duration::from_millis(ms)));
        assert_eq!(written, ["60 s", "1.5 s", "250 ms"]);
    }

    #[test]
    fn latencies_choose_their_unit() {
        assert_eq!(
            [950, 1_250, 3_000_000].map(latency),
            ["950 µs", "1.25 ms", "3.00 s"]
        );
    }
}
