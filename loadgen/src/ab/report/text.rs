//! The report as text.

use std::fmt::{self, Write};

use super::super::{Figures, Layout, Ordered, Row, Times};
use super::{PERCENTAGES, Rates, milliseconds, seconds};

pub(super) fn results(figures: &Figures, latencies: &dyn Ordered, layout: &Layout) -> String {
    let mut text = String::from("\n\n");
    let written = server(&mut text, figures)
        .and_then(|()| document(&mut text, figures, layout))
        .and_then(|()| counts(&mut text, figures))
        .and_then(|()| rates(&mut text, figures))
        .and_then(|()| match &figures.times {
            Some(times) => {
                table(&mut text, times, layout)?;
                percentiles(&mut text, latencies, layout)
            }
            None => Ok(()),
        });
    written.expect("a string takes all that is written");
    text
}

fn server(out: &mut String, figures: &Figures) -> fmt::Result {
    writeln!(out, "Server Software:        {}", figures.server_software)?;
    writeln!(out, "Server Hostname:        {}", figures.hostname)?;
    writeln!(out, "Server Port:            {}", figures.port)?;
    if let Some(tls) = &figures.tls {
        writeln!(out, "SSL/TLS Protocol:       {}", tls.protocol)?;
        if let Some(key) = &tls.temporary_key {
            writeln!(out, "Server Temp Key:        {key}")?;
        }
        if let Some(name) = &tls.server_name {
            writeln!(out, "TLS Server Name:        {name}")?;
        }
    }
    writeln!(out)
}

fn document(out: &mut String, figures: &Figures, layout: &Layout) -> fmt::Result {
    writeln!(out, "Document Path:          {}", figures.path)?;
    if layout.variable_length {
        writeln!(out, "Document Length:        Variable")?;
    } else {
        writeln!(
            out,
            "Document Length:        {} bytes",
            figures.document_length
        )?;
    }
    writeln!(out)
}

fn counts(out: &mut String, figures: &Figures) -> fmt::Result {
    let failures = figures.failures;
    writeln!(out, "Concurrency Level:      {}", figures.concurrency)?;
    writeln!(
        out,
        "Time taken for tests:   {:.3} seconds",
        seconds(figures.elapsed)
    )?;
    writeln!(out, "Complete requests:      {}", figures.complete)?;
    writeln!(out, "Failed requests:        {}", failures.total())?;
    if failures.total() > 0 {
        writeln!(
            out,
            "   (Connect: {}, Receive: {}, Length: {}, Exceptions: {})",
            failures.connect, failures.receive, failures.length, failures.exceptions
        )?;
    }
    if figures.write_errors > 0 {
        writeln!(out, "Write errors:           {}", figures.write_errors)?;
    }
    if figures.non_2xx > 0 {
        writeln!(out, "Non-2xx responses:      {}", figures.non_2xx)?;
    }
    if let Some(requests) = figures.keep_alive {
        writeln!(out, "Keep-Alive requests:    {requests}")?;
    }
    writeln!(out, "Total transferred:      {} bytes", figures.received)?;
    if let Some(sent) = figures.sent {
        writeln!(out, "Total body sent:        {sent}")?;
    }
    writeln!(
        out,
        "HTML transferred:       {} bytes",
        figures.body_received
    )
}

fn rates(out: &mut String, figures: &Figures) -> fmt::Result {
    let Some(rates) = Rates::of(figures).filter(|_| figures.complete > 0) else {
        return Ok(());
    };
    let each = seconds(figures.elapsed) * 1000.0 / figures.complete as f64;
    let concurrent = f64::from(figures.concurrency) * seconds(figures.elapsed) * 1000.0
        / figures.complete as f64;
    writeln!(
        out,
        "Requests per second:    {:.2} [#/sec] (mean)",
        rates.requests
    )?;
    writeln!(out, "Time per request:       {concurrent:.3} [ms] (mean)")?;
    writeln!(
        out,
        "Time per request:       {each:.3} [ms] (mean, across all concurrent requests)"
    )?;
    writeln!(
        out,
        "Transfer rate:          {:.2} [Kbytes/sec] received",
        rates.received
    )?;
    if let Some((sent, both)) = rates.sent {
        writeln!(out, "                        {sent:.2} kb/s sent")?;
        writeln!(out, "                        {both:.2} kb/s total")?;
    }
    Ok(())
}

fn table(out: &mut String, times: &Times, layout: &Layout) -> fmt::Result {
    let rows = [
        ("Connect:", "the initial connection time", times.connect),
        ("Processing:", "the processing time", times.processing),
        ("Waiting:", "the waiting time", times.waiting),
        ("Total:", "the total time", times.total),
    ];
    writeln!(out, "\nConnection Times (ms)")?;
    if !layout.confidence {
        writeln!(out, "              min   avg   max")?;
        for (label, _, row) in rows {
            let (min, max) = (milliseconds(row.min), milliseconds(row.max));
            writeln!(
                out,
                "{label:<12}{min:>5} {:>5}{max:>5}",
                mean(row, times.count)
            )?;
        }
        return Ok(());
    }
    writeln!(out, "              min  mean[+/-sd] median   max")?;
    for (label, _, row) in rows {
        let (min, max) = (milliseconds(row.min), milliseconds(row.max));
        let (mean, median) = (mean(row, times.count), milliseconds(row.median));
        let deviation = row.deviation / 1000.0;
        writeln!(
            out,
            "{label:<12}{min:>5} {mean:>4} {deviation:>5.1} {median:>6} {max:>7}"
        )?;
    }
    rows.into_iter()
        .try_for_each(|(_, what, row)| doubt(out, what, row, times.count))
}

/// In milliseconds. ab's mean is a whole number of microseconds before it is rounded.
fn mean(row: Row, count: u64) -> u64 {
    milliseconds(row.sum / count.max(1))
}

/// ab compares the rounded mean and median with the deviation that is not rounded.
fn doubt(out: &mut String, what: &str, row: Row, count: u64) -> fmt::Result {
    let apart = mean(row, count).abs_diff(milliseconds(row.median)) as f64;
    let deviation = row.deviation / 1000.0;
    if apart > 2.0 * deviation {
        writeln!(
            out,
            "ERROR: The median and mean for {what} are more than twice the standard"
        )?;
        writeln!(
            out,
            "       deviation apart. These results are NOT reliable."
        )
    } else if apart > deviation {
        writeln!(
            out,
            "WARNING: The median and mean for {what} are not within a normal deviation"
        )?;
        writeln!(out, "        These results are probably not that reliable.")
    } else {
        Ok(())
    }
}

fn percentiles(out: &mut String, latencies: &dyn Ordered, layout: &Layout) -> fmt::Result {
    let count = latencies.count();
    let Some(longest) = latencies
        .longest()
        .filter(|_| layout.percentiles && count > 1)
    else {
        return Ok(());
    };
    writeln!(
        out,
        "\nPercentage of the requests served within a certain time (ms)"
    )?;
    for percentage in PERCENTAGES {
        if percentage == 100 {
            writeln!(out, " 100%  {:>5} (longest request)", milliseconds(longest))?;
        } else if let Some(value) = latencies.at(rank(count, percentage)) {
            writeln!(out, "  {percentage}%  {:>5}", milliseconds(value))?;
        }
    }
    Ok(())
}

/// ab's rank of a percentage, rounded down.
fn rank(count: u64, percentage: u64) -> u64 {
    let rank = u128::from(count) * u128::from(percentage) / 100;
    u64::try_from(rank).unwrap_or(u64::MAX)
}
