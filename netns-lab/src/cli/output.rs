//! The folder that a run leaves.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::Record;
use analysis::view::{Colour, Format};
use anyhow::Context;

/// The views that are left in a folder.
const LEFT: [Format; 4] = [Format::Json, Format::Csv, Format::Html, Format::Markdown];

/// Folders for records, made and tried before anything runs.
#[derive(Debug)]
pub struct OutFolder {
    root: PathBuf,
    layout: Layout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One experiment: its files lie in the root.
    Flat,
    /// Several: each has a folder of its name.
    Nested,
}

impl OutFolder {
    /// Makes the folders and makes sure that files can be written there.
    pub fn prepare(root: &Path, experiments: &[&str]) -> anyhow::Result<Self> {
        let layout = if experiments.len() == 1 {
            Layout::Flat
        } else {
            Layout::Nested
        };
        let this = Self {
            root: root.to_owned(),
            layout,
        };
        for experiment in experiments {
            let folder = this.folder(experiment);
            let try_out = || {
                fs::create_dir_all(&folder)?;
                tempfile::tempfile_in(&folder)
            };
            try_out().with_context(|| {
                format!(
                    "cannot write to {}: name a folder that you may write to with --out",
                    folder.display()
                )
            })?;
        }
        Ok(this)
    }

    fn folder(&self, experiment: &str) -> PathBuf {
        match self.layout {
            Layout::Flat => self.root.clone(),
            Layout::Nested => self.root.join(experiment),
        }
    }

    /// Writes all views of a record and returns their folder.
    pub fn write(&self, record: &Record) -> anyhow::Result<PathBuf> {
        let folder = self.folder(&record.experiment);
        for format in LEFT {
            let view = format.view(Colour::Plain);
            let path = folder.join(view.file_name());
            let bytes = view.render(std::slice::from_ref(record))?;
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(folder)
    }
}
