//! One record a line (JSON Lines).

use super::{View, ViewError};
use crate::Record;

/// Records as they are saved.
pub(super) struct Json;

impl View for Json {
    fn file_name(&self) -> &'static str {
        "record.json"
    }

    fn render(&self, records: &[Record]) -> Result<String, ViewError> {
        let mut lines = String::new();
        for record in records {
            lines.push_str(&serde_json::to_string(record)?);
            lines.push('\n');
        }
        Ok(lines)
    }
}
