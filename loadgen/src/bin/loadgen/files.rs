//! The files that are written after the load.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::tz::TimeZone;
use loadgen::ab::files::{self, OutputFile, Sample};
use loadgen::ab::{Nanoseconds, Options};
use loadgen::{Latency, Results, export};

/// Files by the option that asked for them, open already.
pub(crate) type Files = BTreeMap<&'static str, OutputFile>;

/// Makes sure that all can be written.
pub(crate) fn open(options: &Options) -> Result<Files> {
    let named = options.output.files.named();
    let open = |(option, path)| Ok((option, OutputFile::open(path)?));
    named.map(open).collect()
}

/// Writes the files. Without a complete request an older file of ab's formats stays.
pub(crate) fn write(files: Files, mut samples: Vec<Sample>, results: &Results) -> Result<()> {
    let total = &results.latencies[&Latency::Total];
    for (option, file) in files {
        match option {
            "-e" | "-g" if total.is_empty() => {}
            "-e" => file.write(|out| files::percentiles(out, &Nanoseconds(total)))?,
            "-g" => file.write(|out| files::requests(out, &mut samples, &TimeZone::system()))?,
            "--csv" => file.write(|out| export::csv(out, results))?,
            "--hgrm" => file.write(|out| export::hgrm(out, total))?,
            "--hlog" => file.write(|out| export::hlog(out, results))?,
            "--plot" => file.write(|out| export::plot(out, results))?,
            other => unreachable!("no file is named by {other}"),
        }
    }
    Ok(())
}
