//! `analysis simulate`: shares predicted without a lab.

mod changes;
mod lists;
mod progress;
mod words;

use std::io::{self, Write};

use analysis::advice::Advice;
use analysis::simulate::{Outcome, simulate, view};
use clap::ValueEnum;

use super::print;
pub use words::Arguments;

/// How the outcome is shown.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Text,
    /// One object.
    Json,
    /// One real server a line.
    Csv,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let plan = arguments.plan()?;
    let without = arguments.without(&plan)?;
    tell(&plan.advice()?);
    let mut progress = progress::Line::new();
    let outcome = simulate(&plan, &without, &mut |state| progress.show(state));
    progress.clear();
    print(&rendered(&outcome?, arguments.format)?)
}

/// On standard error, so that what is printed is the outcome alone.
fn tell(advice: &[Advice]) {
    for advice in advice {
        let remedy = advice.remedy().map(|remedy| format!(" {remedy}"));
        let remedy = remedy.unwrap_or_default();
        // Nothing is left to tell if stderr is closed.
        let _ = writeln!(io::stderr(), "note: {advice}{remedy}");
    }
}

fn rendered(outcome: &Outcome, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => view::text(outcome),
        Format::Json => view::json(outcome)?,
        Format::Csv => view::csv(outcome)?,
    })
}
