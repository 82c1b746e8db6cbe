//! For a terminal.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::words::{COLUMNS, LEGEND, Row, advised, facts, headline, reasons, rows, sign, subject};
use super::{Colour, View, ViewError};
use crate::{Record, Verdict};

/// Sections of text, one record after the other.
pub(super) struct Text {
    pub(super) colour: Colour,
}

/// Labels stand in a column of their own.
const LABEL_WIDTH: usize = 9;
/// Nothing but a line under the head.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

impl View for Text {
    fn file_name(&self) -> &'static str {
        "report.txt"
    }

    fn render(&self, records: &[Record]) -> Result<String, ViewError> {
        let sections: Vec<_> = records.iter().map(|record| self.section(record)).collect();
        Ok(sections.join("\n"))
    }
}

impl Text {
    fn section(&self, record: &Record) -> String {
        let title = format!("{}: {}", record.experiment, subject(record));
        let mut lines = vec![title, format!("  {}", headline(record)), String::new()];
        lines.extend(table(record).lines().map(|line| line.trim_end().to_owned()));
        lines.extend([LEGEND.to_owned(), String::new()]);
        lines.extend(
            facts(record)
                .iter()
                .map(|(label, fact)| labelled(label, fact)),
        );
        lines.extend(record.proofs.iter().map(|proof| {
            let sign = if proof.holds { "✓" } else { "✗" };
            labelled("Proof", &format!("{sign} {} ({})", proof.claim, proof.seen))
        }));
        for reason in reasons(record) {
            lines.push(labelled("Reason", &reason.sentence));
            lines.extend(reason.advice.map(|advice| labelled("", advice)));
        }
        let notes = record.explanations.iter();
        lines.extend(notes.map(|note| labelled("Note", &note.sentence)));
        let advice = record.advice.iter();
        lines.extend(advice.map(|one| labelled("Advice", &advised(one))));
        let lines: Vec<_> = lines.iter().map(|line| visible(line)).collect();
        format!("{}  {}\n", self.verdict(record.verdict), lines.join("\n"))
    }

    fn verdict(&self, verdict: Verdict) -> String {
        let text = format!("{} {}", sign(verdict), verdict.to_string().to_uppercase());
        match self.colour {
            Colour::Plain => text,
            Colour::Ansi => format!("\x1b[1;{}m{text}\x1b[0m", ansi(verdict)),
        }
    }
}

fn table(record: &Record) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(COLUMNS);
    for row in rows(record) {
        table.add_row(row.cells);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if index >= Row::WORDS {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn labelled(label: &str, text: &str) -> String {
    format!("{label:LABEL_WIDTH$}{text}").trim_end().to_owned()
}

fn ansi(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 32,
        Verdict::Inconclusive => 33,
        Verdict::Fail => 31,
    }
}

/// The line without what a terminal would obey: names come from files that others wrote.
fn visible(line: &str) -> String {
    line.replace(char::is_control, "\u{fffd}")
}
