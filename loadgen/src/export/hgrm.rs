//! The text of `HdrHistogram`'s `outputPercentileDistribution`, which its plotter reads.

use std::io::{self, Write};

use hdrhistogram::Histogram;

/// Lines for each halving of the distance to 100 %.
const TICKS: u32 = 5;
const MILLISECOND: f64 = 1e6;

/// Writes the distribution of a histogram of nanoseconds, in milliseconds.
pub fn hgrm(out: &mut dyn Write, histogram: &Histogram<u64>) -> io::Result<()> {
    let digits = usize::from(histogram.sigfig());
    writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    )?;
    let mut below = 0;
    for step in histogram.iter_quantiles(TICKS) {
        below += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / MILLISECOND;
        let quantile = step.quantile_iterated_to();
        write!(out, "{value:>12.digits$} {quantile:>2.12} {below:>10}")?;
        if quantile < 1.0 {
            write!(out, " {:>14.2}", 1.0 / (1.0 - quantile))?;
        }
        writeln!(out)?;
    }
    let (mean, deviation) = (
        histogram.mean() / MILLISECOND,
        histogram.stdev() / MILLISECOND,
    );
    let longest = histogram.max() as f64 / MILLISECOND;
    writeln!(
        out,
        "#[Mean    = {mean:>12.digits$}, StdDeviation   = {deviation:>12.digits$}]"
    )?;
    writeln!(
        out,
        "#[Max     = {longest:>12.digits$}, Total count    = {:>12}]",
        histogram.len()
    )?;
    let sub_buckets = (2 * 10_u32.pow(u32::from(histogram.sigfig()))).next_power_of_two();
    writeln!(
        out,
        "#[Buckets = {:>12}, SubBuckets     = {sub_buckets:>12}]",
        histogram.buckets()
    )
}
