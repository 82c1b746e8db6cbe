//! For pull requests and job summaries.

use super::words::{COLUMNS, LEGEND, Row, advised, facts, headline, reasons, rows, sign, subject};
use super::{View, ViewError};
use crate::Record;

/// GitHub's Markdown: a heading, a table and lists for each record.
pub(super) struct Markdown;

impl View for Markdown {
    fn file_name(&self) -> &'static str {
        "report.md"
    }

    fn render(&self, records: &[Record]) -> Result<String, ViewError> {
        let sections: Vec<_> = records.iter().map(section).collect();
        Ok(sections.join("\n"))
    }
}

fn section(record: &Record) -> String {
    let mut lines = vec![
        format!(
            "## {} {}: {}",
            sign(record.verdict),
            escaped(&record.experiment),
            record.verdict
        ),
        String::new(),
        format!(
            "{}. **{}**",
            escaped(&subject(record)),
            escaped(&headline(record))
        ),
        String::new(),
    ];
    lines.extend(table(record));
    lines.extend([String::new(), LEGEND.to_owned(), String::new()]);
    lines.extend(list(record));
    lines.join("\n") + "\n"
}

fn table(record: &Record) -> Vec<String> {
    let alignment = |column: usize| if column < Row::WORDS { ":--" } else { "--:" };
    let alignments: Vec<_> = (0..COLUMNS.len()).map(alignment).collect();
    let mut lines = vec![
        format!("| {} |", COLUMNS.join(" | ")),
        format!("| {} |", alignments.join(" | ")),
    ];
    lines.extend(rows(record).iter().map(|row| {
        let cells = row.cells.each_ref().map(|cell| escaped(cell));
        format!("| {} |", cells.join(" | "))
    }));
    lines
}

fn list(record: &Record) -> Vec<String> {
    let reasons = reasons(record).into_iter().map(|reason| {
        let advice = reason.advice.map(|advice| format!(" {advice}"));
        item("Reason", &(reason.sentence + &advice.unwrap_or_default()))
    });
    let notes = record.explanations.iter();
    let notes = notes.map(|note| item("Note", &note.sentence));
    let advice = record.advice.iter();
    let advice = advice.map(|one| item("Advice", &advised(one)));
    let facts = facts(record);
    let facts = facts.iter().map(|(label, fact)| item(label, fact));
    let proofs = record.proofs.iter().map(|proof| {
        let sign = if proof.holds { "✓" } else { "✗" };
        item("Proof", &format!("{sign} {} ({})", proof.claim, proof.seen))
    });
    let said = reasons.chain(notes).chain(advice);
    said.chain(facts).chain(proofs).collect()
}

fn item(label: &str, text: &str) -> String {
    format!("- {label}: {}", escaped(text))
}

/// The text without meaning to Markdown or HTML: names come from files that others wrote.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
