//! loadgen's memory by the number of requests.

use super::markdown;
use crate::results::Results;

pub(super) fn table(results: &Results) -> String {
    let rows = results.memory.iter().map(|footprint| {
        [
            footprint.requests.to_string(),
            footprint.connections.to_string(),
            format!("{:.1}", footprint.peak_mib),
        ]
    });
    markdown(["requests", "connections", "peak MiB"], 0, rows.collect())
}
