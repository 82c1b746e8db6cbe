//! `analysis report`: every view from saved records.

use std::fs;
use std::path::PathBuf;

use analysis::Record;
use analysis::record::parse_records;
use analysis::view::Format;
use anyhow::Context;
use clap::Args;

use super::colour::When;
use super::print;

#[derive(Args)]
pub struct Arguments {
    /// Files of records: JSON, one value after the other.
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// text, json, csv, markdown or html.
    #[arg(long, default_value_t = Format::Text)]
    format: Format,
    /// Whether text is coloured.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    color: When,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let records = read(&arguments.records)?;
    let view = arguments.format.view(arguments.color.colour());
    print(&view.render(&records)?)
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    for file in files {
        let name = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(name)?;
        records.extend(parse_records(&text).with_context(name)?);
    }
    Ok(records)
}
