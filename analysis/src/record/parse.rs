//! Reads saved records.

use serde_json::{Deserializer, Value};

use super::{FORMAT, Record};

/// Why a text holds no records that can be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The text is not JSON from its `number`-th value on, counted from 1.
    #[error("record {number} is not JSON")]
    NotJson {
        /// Which value.
        number: usize,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A value has no `format`, or one that this crate does not know.
    #[error("record {number} has format {found}, this program reads format {FORMAT}")]
    UnknownFormat {
        /// Which value.
        number: usize,
        /// What it has there, as JSON; `null` if nothing.
        found: Value,
    },
    /// A value has the right format and the wrong form.
    #[error("record {number} is not a record of format {FORMAT}")]
    NotARecord {
        /// Which value.
        number: usize,
        /// Which field, and why.
        source: serde_json::Error,
    },
    /// There is no value at all.
    #[error("there is no record: the text is empty")]
    Empty,
}

/// The records in `text`: JSON values one after the other, on one line each or over many.
pub fn parse_records(text: &str) -> Result<Vec<Record>, RecordError> {
    let values = Deserializer::from_str(text).into_iter::<Value>();
    let numbered = (1..).zip(values);
    let records = numbered
        .map(|(number, value)| match value {
            Ok(value) => parse_record(number, value),
            Err(source) => Err(RecordError::NotJson { number, source }),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if records.is_empty() {
        return Err(RecordError::Empty);
    }
    Ok(records)
}

fn parse_record(number: usize, value: Value) -> Result<Record, RecordError> {
    let found = value.get("format").cloned().unwrap_or(Value::Null);
    if found != FORMAT {
        return Err(RecordError::UnknownFormat { number, found });
    }
    serde_json::from_value(value).map_err(|source| RecordError::NotARecord { number, source })
}
