//! What somebody wrote, and where: the common ground of files and flags.

use std::ops::Range;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file as such, at no line of its own: something is missing.
    Whole,
    /// In these bytes of the file.
    Span(Range<usize>),
    /// After this flag of the command line.
    Flag(&'static str),
}

/// A value and the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> Written<T> {
    /// A value and its place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// It was written on the command line.
    pub(super) fn is_flag(&self) -> bool {
        matches!(self.place, Place::Flag(_))
    }

    /// Another value, said to be written at the same place.
    pub fn with<U>(&self, value: U) -> Written<U> {
        Written::new(value, self.place.clone())
    }
}

/// A single value as it was written; whether it is of the right type is judged later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A string of a file.
    Text(String),
    /// An integer of a file; beyond 128 bits it stands at the end of that range.
    Integer(i128),
    /// A float of a file, as Rust would read it.
    Float(String),
    /// Something of a file that no experiment needs, such as "a boolean".
    Other(&'static str),
    /// A word of the command line, where nothing has a type.
    Typed(String),
}

/// A value that may have been written.
pub type Field = Option<Written<Scalar>>;

impl Written<Scalar> {
    /// A word of the command line.
    pub fn typed(word: impl Into<String>, flag: &'static str) -> Self {
        Self::new(Scalar::Typed(word.into()), Place::Flag(flag))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Scalar::Text(text) | Scalar::Typed(text) => Some(text),
            Scalar::Integer(_) | Scalar::Float(_) | Scalar::Other(_) => None,
        }
    }
}

/// Reads digits with an optional sign; what 128 bits cannot hold becomes the end of that range.
///
/// `None` if it is no integer at all.
pub(super) fn saturating_integer(text: &str, radix: u32) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).unwrap_or(i128::MAX);
    Some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_beyond_every_type_saturate() {
        assert_eq!(saturating_integer("10_0", 10), None);
        assert_eq!(saturating_integer("-", 10), None);
        assert_eq!(saturating_integer("+7", 10), Some(7));
        assert_eq!(saturating_integer("ff", 16), Some(255));
        assert_eq!(saturating_integer(&"9".repeat(50), 10), Some(i128::MAX));
        assert_eq!(
            saturating_integer(&format!("-{}", "9".repeat(50)), 10),
            Some(-i128::MAX)
        );
    }
}
