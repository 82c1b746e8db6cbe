//! `netns-lab list`

use std::fmt::Write;

use anyhow::anyhow;

use super::{Failure, print};
use crate::exit;
use crate::experiment::builtin;

/// Prints the built-in experiments, one line each.
pub fn list() -> Result<u8, Failure> {
    let mut text = String::new();
    let names = builtin::all().iter().map(|builtin| builtin.name.len());
    let width = names.max().unwrap_or(0);
    for builtin in builtin::all() {
        let experiment = builtin.file().parse();
        let experiment =
            experiment.map_err(|problems| Failure::new(exit::BUG, &anyhow!("{problems}")))?;
        let _ = writeln!(text, "{:width$}  {}", experiment.name, experiment.summary);
    }
    print(&text)?;
    Ok(exit::PASS)
}
