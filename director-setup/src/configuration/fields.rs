//! The keys of one table.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeString, DeTable};

use super::review::{Place, Review, Value, quoted};

/// The keys of a table that nobody has asked for yet.
#[derive(Debug)]
pub(super) struct Fields<'t> {
    what: &'static str,
    place: Place,
    left: BTreeMap<&'t str, (&'t Spanned<DeString<'t>>, Value<'t>)>,
    known: Vec<&'static str>,
}

impl<'t> Fields<'t> {
    /// `what` is the name of such a table, `place` where it begins.
    pub(super) fn new(what: &'static str, place: Place, table: &'t DeTable<'t>) -> Self {
        let entries = table.iter();
        Self {
            what,
            place,
            left: entries
                .map(|(key, value)| (key.get_ref().as_ref(), (key, value)))
                .collect(),
            known: Vec::new(),
        }
    }

    /// The fields of a value, if it is a table.
    pub(super) fn of(
        review: &mut Review,
        what: &'static str,
        wanted: &str,
        value: Value<'t>,
    ) -> Option<Self> {
        let table = review.table(value, wanted)?;
        Some(Self::new(what, value.span(), table))
    }

    /// Where the table begins.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// A value, without having asked for it.
    pub(super) fn peek(&self, key: &str) -> Option<Value<'t>> {
        self.left.get(key).map(|(_, value)| *value)
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.known.push(key);
        self.left.remove(key).map(|(_, value)| value)
    }

    /// A value without which the table means nothing.
    pub(super) fn need(&mut self, review: &mut Review, key: &'static str) -> Option<Value<'t>> {
        let value = self.take(key);
        if value.is_none() {
            review.wrong(&self.place, format!("{} needs `{key}`", self.what));
        }
        value
    }

    /// Says which keys have no meaning.
    pub(super) fn close(self, review: &mut Review) {
        for (key, _) in self.left.values() {
            let text = format!(
                "{} has no key {}: there are {}",
                self.what,
                quoted(key.get_ref()),
                self.known.join(", ")
            );
            review.wrong(&key.span(), text);
        }
    }
}
