//! A table of figures: a line for the whole load, a line for each real server.

use std::io::{self, Write};

use csv::Writer;
use hdrhistogram::Histogram;

use super::{PERCENTILES, microseconds, percentiles};
use crate::{Latency, Results};

/// Writes the table with its header. Latencies are in microseconds; a cell is empty where there is
/// no value or there are too few samples for it.
pub fn csv(out: &mut dyn Write, results: &Results) -> io::Result<()> {
    let mut table = Writer::from_writer(out);
    let fixed = [
        "server",
        "requests",
        "connections",
        "failed",
        "share",
        "requests_per_second",
        "min_us",
        "mean_us",
        "max_us",
    ];
    let mut header: Vec<String> = fixed.map(str::to_owned).into();
    header.extend(PERCENTILES.map(|percentile| format!("p{percentile}_us")));
    table.write_record(header)?;
    let total = results.latencies.get(&Latency::Total);
    table.write_record(line(
        "",
        [results.completed, results.connections, results.failed],
        None,
        results,
        total,
    ))?;
    for (name, server) in &results.servers {
        let counts = [server.requests, server.connections, server.failed];
        table.write_record(line(
            name,
            counts,
            results.share(name),
            results,
            Some(&server.latency),
        ))?;
    }
    table.flush()
}

fn line(
    name: &str,
    counts: [u64; 3],
    share: Option<f64>,
    results: &Results,
    latency: Option<&Histogram<u64>>,
) -> Vec<String> {
    let seconds = results.elapsed.as_secs_f64();
    let rate = (seconds > 0.0).then(|| counts[0] as f64 / seconds);
    let mut cells = vec![name.to_owned()];
    cells.extend(counts.map(|count| count.to_string()));
    cells.push(cell(share, 6));
    cells.push(cell(rate, 2));
    let latency = latency.filter(|latency| !latency.is_empty());
    cells.push(cell(latency.map(|latency| microseconds(latency.min())), 3));
    cells.push(cell(latency.map(|latency| latency.mean() / 1000.0), 3));
    cells.push(cell(latency.map(|latency| microseconds(latency.max())), 3));
    let values: Vec<_> = latency
        .map(|latency| percentiles(latency).collect())
        .unwrap_or_default();
    cells.extend((0..PERCENTILES.len()).map(|index| {
        let value = values.get(index).map(|(_, value)| microseconds(*value));
        cell(value, 3)
    }));
    cells
}

fn cell(value: Option<f64>, decimals: usize) -> String {
    value
        .map(|value| format!("{value:.decimals$}"))
        .unwrap_or_default()
}
