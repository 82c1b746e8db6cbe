//! Values with their places, and what is wrong with them.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// A value that is written somewhere.
pub(super) type Value<'t> = &'t Spanned<DeValue<'t>>;

/// Bytes of the text.
pub(super) type Place = Range<usize>;

/// The most of a wrong word that is repeated to its writer.
const QUOTED: usize = 60;

/// Notes what is wrong while what is written becomes what is meant.
#[derive(Debug)]
pub(super) struct Review {
    /// The place of each line break.
    breaks: Vec<usize>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Review {
    pub(super) fn new(text: &str) -> Self {
        Self {
            breaks: text.match_indices('\n').map(|(place, _)| place).collect(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, place: &Place) -> usize {
        1 + self.breaks.partition_point(|end| *end < place.start)
    }

    /// Notes what makes the file mean nothing.
    pub(super) fn wrong(&mut self, place: &Place, text: impl Into<String>) {
        let (line, text) = (self.line(place), text.into());
        self.problems.push(Problem { line, text });
    }

    /// Notes what the kernel takes, though it is hardly meant so.
    pub(super) fn odd(&mut self, place: &Place, text: impl Into<String>) {
        let (line, text) = (self.line(place), text.into());
        self.warnings.push(Problem { line, text });
    }

    /// The warnings, or everything that is wrong.
    pub(super) fn close(mut self) -> Result<Vec<Problem>, Vec<Problem>> {
        // The parser hands out keys by the alphabet.
        self.problems.sort_by_key(|problem| problem.line);
        self.warnings.sort_by_key(|problem| problem.line);
        if self.problems.is_empty() {
            Ok(self.warnings)
        } else {
            Err(self.problems)
        }
    }

    pub(super) fn table<'t>(&mut self, value: Value<'t>, wanted: &str) -> Option<&'t DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => self.of_another_kind(value, other, wanted),
        }
    }

    pub(super) fn list<'t>(
        &mut self,
        value: Value<'t>,
        wanted: &str,
    ) -> &'t [Spanned<DeValue<'t>>] {
        match value.get_ref() {
            DeValue::Array(list) => list,
            other => self
                .of_another_kind(value, other, wanted)
                .unwrap_or_default(),
        }
    }

    pub(super) fn text<'t>(&mut self, value: Value<'t>, wanted: &str) -> Option<&'t str> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            other => self.of_another_kind(value, other, wanted),
        }
    }

    /// A word whose type says itself what is wrong with it.
    pub(super) fn word<T: FromStr<Err: Display>>(
        &mut self,
        value: Value<'_>,
        wanted: &str,
    ) -> Option<T> {
        let parsed = self.text(value, wanted)?.parse::<T>();
        parsed
            .map_err(|error| self.wrong(&value.span(), error.to_string()))
            .ok()
    }

    /// A whole number; `wanted` says the range in words.
    pub(super) fn number<T: TryFrom<u32>>(
        &mut self,
        value: Value<'_>,
        range: RangeInclusive<u32>,
        wanted: &str,
    ) -> Option<T> {
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.of_another_kind(value, value.get_ref(), wanted);
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        let converted = number.and_then(|number| T::try_from(number).ok());
        if converted.is_none() {
            let found = shortened(integer.as_str());
            self.wrong(&value.span(), format!("{found} is not {wanted}"));
        }
        converted
    }

    fn of_another_kind<T>(
        &mut self,
        place: Value<'_>,
        found: &DeValue<'_>,
        wanted: &str,
    ) -> Option<T> {
        let kind = found.type_str();
        self.wrong(
            &place.span(),
            format!("this is of type {kind}: write {wanted}"),
        );
        None
    }
}

/// A wrong word for a message, in quotes and not longer than a line.
pub(super) fn quoted(word: &str) -> String {
    format!("{:?}", shortened(word))
}

fn shortened(word: &str) -> String {
    match word.char_indices().nth(QUOTED) {
        None => word.to_owned(),
        Some((end, _)) => format!("{}…", &word[..end]),
    }
}
