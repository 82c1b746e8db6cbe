//! Amounts of time and of bytes, as a person writes them.

use std::fmt;
use std::time::Duration;

/// The most bytes that one body may have: 64 MiB.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The longest delay: an hour, in nanoseconds.
pub(super) const LONGEST_NANOSECONDS: u64 = 3_600_000_000_000;

/// What the numbers of a distribution count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nanoseconds, written `5ms`.
    Time,
    /// Bytes, written `4KiB`.
    Bytes,
}

impl Unit {
    /// The largest amount of this unit.
    pub(super) fn most(self) -> u64 {
        match self {
            Self::Time => LONGEST_NANOSECONDS,
            Self::Bytes => MOST_BYTES,
        }
    }

    /// Reads an amount that is not above [`Unit::most`].
    pub(super) fn read(self, text: &str) -> Option<u64> {
        let amount = match self {
            Self::Time => nanoseconds(text)?,
            Self::Bytes => bytes(text)?,
        };
        (amount <= self.most()).then_some(amount)
    }

    /// Writes an amount so that [`Unit::read`] reads the same.
    pub(super) fn write(self, amount: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => {
                let time = humantime::format_duration(Duration::from_nanos(amount)).to_string();
                f.write_str(&time.replace(' ', ""))
            }
            Self::Bytes => match amount {
                n if n > 0 && n.is_multiple_of(1 << 20) => write!(f, "{}MiB", n >> 20),
                n if n > 0 && n.is_multiple_of(1 << 10) => write!(f, "{}KiB", n >> 10),
                n => write!(f, "{n}"),
            },
        }
    }
}

fn nanoseconds(text: &str) -> Option<u64> {
    let time = humantime::parse_duration(text).ok()?;
    u64::try_from(time.as_nanos()).ok()
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "B" => 1,
        "k" | "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        _ => return None,
    };
    whole(digits)?.checked_mul(factor)
}

/// A number of digits alone; `parse` would take a sign as well.
pub(crate) fn whole(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        let cases = [
            ("0", 0),
            ("1024", 1024),
            ("3k", 3072),
            ("64MiB", MOST_BYTES),
        ];
        for (text, size) in cases {
            assert_eq!(Unit::Bytes.read(text), Some(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_or_too_large_is_refused() {
        for text in [
            "",
            "k",
            "-1",
            "+1",
            "1.5k",
            "1 k",
            "1GiB",
            "65MiB",
            "99999999999999999999",
        ] {
            assert_eq!(Unit::Bytes.read(text), None, "{text}");
        }
    }

    #[test]
    fn times_need_a_unit_and_end_at_an_hour() {
        assert_eq!(Unit::Time.read("1500us"), Some(1_500_000));
        assert_eq!(Unit::Time.read("1h"), Some(LONGEST_NANOSECONDS));
        for text in ["", "5", "-5ms", "3601s", "soon"] {
            assert_eq!(Unit::Time.read(text), None, "{text}");
        }
    }
}
