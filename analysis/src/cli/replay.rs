//! `analysis replay`: traces of a kernel's decisions, compared with the models.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::trace::{Conformance, Header, Trace, conform};
use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::print;

/// A decision or count of the kernel is not the model's.
pub const EXIT_DISAGREEMENT: u8 = 1;

#[derive(Args)]
pub struct Arguments {
    /// Files of traces; netns-lab's conformance tests record them.
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The value of `--format`.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line for each trace, and where kernel and model part.
    Text,
    /// A JSON object on a line for each trace.
    Json,
}

/// What came of one trace.
#[derive(Serialize)]
struct Replayed<'a> {
    trace: &'a Path,
    scheduler: String,
    kernel: String,
    #[serde(flatten)]
    conformance: Conformance,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut is_full = true;
    let mut text = String::new();
    for file in &arguments.traces {
        let replayed = replay(file).with_context(|| file.display().to_string())?;
        is_full &= replayed.conformance.first_disagreement.is_none();
        match arguments.format {
            Format::Text => text += &replayed.text()?,
            Format::Json => writeln!(text, "{}", serde_json::to_string(&replayed)?)?,
        }
    }
    print(&text)?;
    Ok(if is_full {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_DISAGREEMENT)
    })
}

fn replay(file: &Path) -> anyhow::Result<Replayed<'_>> {
    let trace: Trace = fs::read_to_string(file)?.parse()?;
    let conformance = conform(&trace)?;
    let Header {
        scheduler, kernel, ..
    } = trace.header();
    Ok(Replayed {
        trace: file,
        scheduler: scheduler.to_string(),
        kernel: kernel.clone(),
        conformance,
    })
}

impl Replayed<'_> {
    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        let Conformance {
            picks,
            counts,
            first_disagreement,
        } = &self.conformance;
        writeln!(
            text,
            "{}: {} on {}: {} of {} picks and {} of {} counts agree",
            self.trace.display(),
            self.scheduler,
            self.kernel,
            picks.agreed,
            picks.compared,
            counts.agreed,
            counts.compared,
        )?;
        if let Some(disagreement) = first_disagreement {
            writeln!(text, "{disagreement}")?;
        }
        Ok(text)
    }
}
