//! The report as HTML tables, `-w`.

use std::fmt::{self, Display, Write};

use super::super::{Figures, Html, Layout, Row};
use super::{Rates, milliseconds, seconds};

pub(super) fn banner(lines: &[&str]) -> String {
    format!("<p>\n {}<br>\n</p>\n<p>\n", lines.join("<br>\n "))
}

/// As in ab, the attributes are inserted as they are typed. What a server sent is escaped, which ab
/// does not.
pub(super) fn results(figures: &Figures, layout: &Layout, html: &Html) -> String {
    let mut table = Table {
        html,
        text: format!("\n\n<table {}>\n", html.table),
    };
    table.row("Server Software:", escaped(&figures.server_software));
    table.row("Server Hostname:", escaped(&figures.hostname));
    table.row("Server Port:", figures.port);
    table.row("Document Path:", escaped(&figures.path));
    if layout.variable_length {
        table.row("Document Length:", "Variable");
    } else {
        table.row(
            "Document Length:",
            format_args!("{} bytes", figures.document_length),
        );
    }
    table.row("Concurrency Level:", figures.concurrency);
    table.row(
        "Time taken for tests:",
        format_args!("{:.3} seconds", seconds(figures.elapsed)),
    );
    counts(&mut table, figures);
    rates(&mut table, figures);
    times(&mut table, figures);
    table.text + "</table>\n"
}

struct Table<'a> {
    html: &'a Html,
    text: String,
}

impl Table<'_> {
    fn push(&mut self, text: fmt::Arguments<'_>) {
        self.text
            .write_fmt(text)
            .expect("a string takes all that is written");
    }

    fn row(&mut self, label: &str, value: impl Display) {
        let Html { row, cell, .. } = self.html;
        self.push(format_args!(
            "<tr {row}><th colspan=2 {cell}>{label}</th><td colspan=2 {cell}>{value}</td></tr>\n"
        ));
    }

    /// A row whose label is blank.
    fn further(&mut self, value: impl Display) {
        let Html { row, cell, .. } = self.html;
        self.push(format_args!(
            "<tr {row}><td colspan=2 {cell}>&nbsp;</td><td colspan=2 {cell}>{value}</td></tr>\n"
        ));
    }

    fn times(&mut self, label: &str, times: [u64; 3]) {
        let Html { row, cell, .. } = self.html;
        let [min, mean, max] = times.map(|time| format!("<td {cell}>{time:>5}</td>"));
        self.push(format_args!(
            "<tr {row}><th {cell}>{label}</th>{min}{mean}{max}</tr>\n"
        ));
    }
}

fn counts(table: &mut Table<'_>, figures: &Figures) {
    let failures = figures.failures;
    table.row("Complete requests:", figures.complete);
    table.row("Failed requests:", failures.total());
    if failures.total() > 0 {
        let Html { row, cell, .. } = table.html;
        // ab leaves out the errors while receiving here.
        table.push(format_args!(
            "<tr {row}><td colspan=4 {cell} >   (Connect: {}, Length: {}, Exceptions: {})</td></tr>\n",
            failures.connect, failures.length, failures.exceptions
        ));
    }
    if figures.non_2xx > 0 {
        table.row("Non-2xx responses:", figures.non_2xx);
    }
    if let Some(requests) = figures.keep_alive {
        table.row("Keep-Alive requests:", requests);
    }
    table.row(
        "Total transferred:",
        format_args!("{} bytes", figures.received),
    );
    if let Some(sent) = figures.sent {
        table.row("Total body sent:", sent);
    }
    table.row(
        "HTML transferred:",
        format_args!("{} bytes", figures.body_received),
    );
}

fn rates(table: &mut Table<'_>, figures: &Figures) {
    let Some(rates) = Rates::of(figures) else {
        return;
    };
    table.row(
        "Requests per second:",
        format_args!("{:.2}", rates.requests),
    );
    table.row(
        "Transfer rate:",
        format_args!("{:.2} kb/s received", rates.received),
    );
    if let Some((sent, both)) = rates.sent {
        table.further(format_args!("{sent:.2} kb/s sent"));
        table.further(format_args!("{both:.2} kb/s total"));
    }
}

/// ab has no row of its own for the waiting here, and takes the processing for the difference of
/// the other two, extremes included.
fn times(table: &mut Table<'_>, figures: &Figures) {
    let Some(times) = &figures.times else {
        return;
    };
    let Html { row, cell, .. } = table.html;
    let heading = |text| format!("<th {cell}>{text}</th>");
    table.push(format_args!(
        "<tr {row}><th {cell} colspan=4>Connection Times (ms)</th></tr>\n"
    ));
    table.push(format_args!(
        "<tr {row}>{} {}   {}   {}</tr>\n",
        heading("&nbsp;"),
        heading("min"),
        heading("avg"),
        heading("max")
    ));
    // The sum is rounded, the mean is not.
    let reduced = |row: Row| {
        let mean = milliseconds(row.sum) / times.count.max(1);
        [milliseconds(row.min), mean, milliseconds(row.max)]
    };
    let (connect, total) = (reduced(times.connect), reduced(times.total));
    let processing = [0, 1, 2].map(|column: usize| total[column].saturating_sub(connect[column]));
    table.times("Connect:", connect);
    table.times("Processing:", processing);
    table.times("Total:", total);
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
