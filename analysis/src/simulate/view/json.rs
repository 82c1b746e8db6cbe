//! One object a line.

use super::super::Outcome;

/// The outcome with all its numbers.
pub fn json(outcome: &Outcome) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(outcome)? + "\n")
}
