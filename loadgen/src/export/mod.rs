//! Results as files: JSON, a CSV summary, `HdrHistogram`'s text and log, a drawing.
//!
//! Each format is a function from [`Results`](crate::Results) to a writer.

mod csv;
mod hgrm;
mod hlog;
mod json;
mod plot;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

pub use csv::csv;
pub use hgrm::hgrm;
pub use hlog::hlog;
pub use json::json;
pub use plot::plot;

/// The percentiles that JSON and CSV give; each is left out below ten samples beyond it.
const PERCENTILES: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

/// Those of [`PERCENTILES`] of which the histogram has enough samples, in nanoseconds. The largest
/// of few values says nothing of a rare one: a percentile needs some ten samples beyond it.
pub(crate) fn percentiles(histogram: &Histogram<u64>) -> impl Iterator<Item = (f64, u64)> {
    let count = histogram.len() as f64;
    let enough = move |percentile: &f64| count * (100.0 - percentile) >= 1000.0;
    let value = |percentile| (percentile, histogram.value_at_percentile(percentile));
    PERCENTILES.into_iter().filter(enough).map(value)
}

/// `HdrHistogram`'s V2 format, compressed and in base64, as every `HdrHistogram` library reads it.
pub(crate) fn encoded(histogram: &Histogram<u64>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let serialized = V2DeflateSerializer::new().serialize(histogram, &mut bytes);
    serialized.map_err(std::io::Error::other)?;
    Ok(STANDARD.encode(bytes))
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests;
