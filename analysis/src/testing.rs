//! What tests read off records.

use crate::Record;
use crate::judge::Finding;
use crate::observation::ErrorTally;
pub(crate) use crate::synthetic::{
    client, closed_loop, lab, saw, segment, serial_trace, served, server_address,
};

/// So many failures of one class.
pub(crate) fn tally(code: &str, words: &str, count: u64) -> ErrorTally {
    ErrorTally {
        code: code.to_owned(),
        words: words.to_owned(),
        count,
    }
}

/// The kinds of a record's findings, as its JSON names them.
pub(crate) fn kinds(record: &Record) -> Vec<String> {
    let reasons = record.reasons.iter();
    let kind = |finding: &Finding| serde_json::to_value(finding).unwrap()["kind"].to_string();
    reasons
        .map(|reason| kind(&reason.finding).replace('"', ""))
        .collect()
}

pub(crate) fn notes(record: &Record) -> Vec<&str> {
    let notes = record.explanations.iter();
    notes.map(|note| note.sentence.as_str()).collect()
}

pub(crate) fn advised(record: &Record) -> Vec<&str> {
    let advice = record.advice.iter();
    advice.map(|one| one.sentence.as_str()).collect()
}

pub(crate) fn sentences(record: &Record) -> Vec<&str> {
    let reasons = record.reasons.iter();
    reasons.map(|reason| reason.sentence.as_str()).collect()
}
