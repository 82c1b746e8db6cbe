//! Cells of fixed width, as `printf` pads and cuts them: by bytes.

use std::io::{self, Write};

/// Appends what `write` writes, filled up with blanks to `width`.
pub(in crate::ipvsadm) fn padded(
    text: &mut Vec<u8>,
    width: usize,
    write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let end = text.len() + width;
    write(text)?;
    if text.len() < end {
        text.resize(end, b' ');
    }
    Ok(())
}

/// Appends what `write` writes, cut after `longest` bytes, which may be `usize::MAX`.
pub(super) fn cut(
    text: &mut Vec<u8>,
    longest: usize,
    write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let end = text.len().saturating_add(longest);
    write(text)?;
    text.truncate(end);
    Ok(())
}

/// Appends a counter, aligned to the right in 9 columns with at least one blank before it: without
/// `exact` in thousands, millions, … (of 1000), rounded down, as soon as it has more than 8 digits.
pub(super) fn counter(text: &mut Vec<u8>, count: u64, exact: bool) -> io::Result<()> {
    const K: u64 = 1_000;
    const M: u64 = K * 1_000;
    const G: u64 = M * 1_000;
    const T: u64 = G * 1_000;
    if exact {
        return write!(text, " {count:>8}");
    }
    match count {
        0..100_000_000 => write!(text, " {count:>8}"),
        100_000_000..1_000_000_000 => write!(text, "{:>8}K", count / K),
        1_000_000_000..100_000_000_000 => write!(text, "{:>8}M", count / M),
        100_000_000_000..100_000_000_000_000 => write!(text, "{:>8}G", count / G),
        100_000_000_000_000.. => write!(text, "{:>8}T", count / T),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(count: u64) -> String {
        written(count, false)
    }

    fn written(count: u64, exact: bool) -> String {
        let mut text = Vec::new();
        counter(&mut text, count, exact).expect("a vector takes everything");
        String::from_utf8(text).expect("digits")
    }

    #[test]
    fn counters_beyond_8_digits_are_shortened() {
        assert_eq!(short(0), "        0");
        assert_eq!(short(99_999_999), " 99999999");
        assert_eq!(short(100_000_000), "  100000K");
        assert_eq!(short(999_999_999), "  999999K");
        assert_eq!(short(1_000_000_000), "    1000M");
        assert_eq!(short(99_999_999_999), "   99999M");
        assert_eq!(short(100_000_000_000), "     100G");
        assert_eq!(short(99_999_999_999_999), "   99999G");
        assert_eq!(short(100_000_000_000_000), "     100T");
        assert_eq!(short(u64::MAX), "18446744T");
    }

    #[test]
    fn exact_counters_keep_every_digit_and_a_blank_before_them() {
        assert_eq!(written(7, true), "        7");
        assert_eq!(written(12_345_678, true), " 12345678");
        assert_eq!(written(123_456_789, true), " 123456789");
        assert_eq!(written(u64::MAX, true), " 18446744073709551615");
    }
}
