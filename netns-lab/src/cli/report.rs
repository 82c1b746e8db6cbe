//! Prints records and leaves their files.

use std::io::IsTerminal;
use std::path::PathBuf;

use analysis::Record;
use analysis::view::{Colour, Format};

use super::args::When;
use super::output::OutFolder;
use super::{Failure, print};
use crate::experiment::Experiment;
use crate::{exit, topology};

/// What happens to every record.
pub struct Reporter {
    format: Format,
    colour: Colour,
    out: Option<OutFolder>,
    /// Records that are one document together, and are printed in the end.
    collected: Vec<Record>,
}

impl Reporter {
    /// Prints in this format, and leaves files if there is a folder for them.
    pub fn new(format: Format, when: When, out: Option<OutFolder>) -> Self {
        let colour = colours(when, &std::io::stdout());
        Self {
            format,
            colour,
            out,
            collected: Vec::new(),
        }
    }

    /// Reports one record; returns the folder with its files if there is one.
    pub fn report(
        &mut self,
        experiment: &Experiment,
        record: Record,
    ) -> Result<Option<PathBuf>, Failure> {
        // The files first: they are wanted even if nobody reads what is printed.
        let folder = self.out.as_ref().map(|out| out.write(&record)).transpose();
        let folder = folder.map_err(|error| Failure::new(exit::MISSING, &error))?;
        match self.format {
            Format::Text => print(&format!("\n{}\n", topology::draw(experiment)))?,
            Format::Json | Format::Markdown => {}
            Format::Csv | Format::Html => {
                self.collected.push(record);
                return Ok(folder);
            }
        }
        self.print(&[record])?;
        Ok(folder)
    }

    /// Prints what was collected.
    pub fn finish(&self) -> Result<(), Failure> {
        if self.collected.is_empty() {
            Ok(())
        } else {
            self.print(&self.collected)
        }
    }

    fn print(&self, records: &[Record]) -> Result<(), Failure> {
        let text = self.format.view(self.colour).render(records);
        print(&text.map_err(|error| Failure::new(exit::BUG, &error.into()))?)
    }
}

/// Whether this stream gets colours.
pub fn colours(when: When, stream: &impl IsTerminal) -> Colour {
    let wanted = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            !refused && stream.is_terminal()
        }
    };
    if wanted { Colour::Ansi } else { Colour::Plain }
}
