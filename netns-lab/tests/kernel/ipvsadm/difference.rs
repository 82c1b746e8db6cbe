//! Differences between texts, for people.

use similar::TextDiff;

/// How many lines are shown around a difference.
const CONTEXT: usize = 2;

/// A unified diff.
pub fn between(expected: &str, actual: &str) -> String {
    let diff = TextDiff::from_lines(expected, actual);
    diff.unified_diff().context_radius(CONTEXT).to_string()
}
