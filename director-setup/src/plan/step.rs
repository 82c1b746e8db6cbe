//! One step of a plan.

use std::fmt;

use serde::Serialize;

use crate::Change;

/// A change and what is different after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What the kernel is told.
    #[serde(flatten)]
    pub change: Change,
    /// The same for people: `edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: weight 1 -> 4`.
    pub text: String,
}

impl Step {
    /// A step whose text ends with what is new.
    pub(super) fn new(change: Change, details: &[String]) -> Self {
        let mut text = change.to_string();
        if !details.is_empty() {
            text.push_str(": ");
            text.push_str(&details.join(", "));
        }
        Self { change, text }
    }

    /// The same step with a reason.
    pub(super) fn because(mut self, reason: &str) -> Self {
        self.text = format!("{} ({reason})", self.text);
        self
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
