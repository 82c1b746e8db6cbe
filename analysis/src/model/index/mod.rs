//! Indexes that find in a few steps what the kernel finds by walking its list.

mod ordered_set;
mod tournament;

pub(super) use ordered_set::OrderedSet;
pub(super) use tournament::{Preference, Tournament};
