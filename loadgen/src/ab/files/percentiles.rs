//! ab's `-e`.

use std::io::{self, Write};

use super::super::Ordered;

/// Writes a line for each whole percentage: the time in milliseconds within which so many of the
/// requests were served. `latencies` are total times; nothing is written if there are none.
///
/// ab takes the rank 0.5 + n·i/100, rounded down. For fewer than 50 requests that is beyond the
/// last, and ab prints what lies there in memory; here it is the last.
pub fn percentiles(out: &mut dyn Write, latencies: &dyn Ordered) -> io::Result<()> {
    let Some((shortest, longest)) = latencies.shortest().zip(latencies.longest()) else {
        return Ok(());
    };
    writeln!(out, "Percentage served,Time in ms")?;
    for percentage in 0..=100_u64 {
        let time = match percentage {
            0 => shortest,
            100 => longest,
            _ => latencies
                .at(rank(latencies.count(), percentage))
                .unwrap_or(longest),
        };
        writeln!(out, "{percentage},{:.3}", time as f64 / 1000.0)?;
    }
    Ok(())
}

fn rank(count: u64, percentage: u64) -> u64 {
    let rank = (u128::from(count) * u128::from(percentage) + 50) / 100;
    u64::try_from(rank).unwrap_or(u64::MAX)
}
