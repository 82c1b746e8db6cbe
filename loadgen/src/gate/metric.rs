//! The figures that can be asserted, by name.

use std::fmt;
use std::str::FromStr;

use super::BadAssertion;
use super::quantity::Kind;
use crate::{Latency, Results};

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Metric {
    Latency(Latency, Statistic),
    Count(Count),
    Class(String),
    Share(String),
    ErrorRate,
    RequestsPerSecond,
    BytesPerSecond,
    Elapsed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Min,
    Mean,
    Deviation,
    Max,
    /// From 0 to 100.
    Percentile(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Completed,
    Errors,
    Unfinished,
    Non2xx,
    Connections,
    Sent,
    Received,
    Lost,
    Duplicates,
    Reordered,
    Late,
    Stray,
}

const COUNTS: [(&str, Count); 12] = [
    ("completed", Count::Completed),
    ("errors", Count::Errors),
    ("unfinished", Count::Unfinished),
    ("non_2xx", Count::Non2xx),
    ("connections", Count::Connections),
    ("sent", Count::Sent),
    ("received", Count::Received),
    ("lost", Count::Lost),
    ("duplicates", Count::Duplicates),
    ("reordered", Count::Reordered),
    ("late", Count::Late),
    ("stray", Count::Stray),
];

const STATISTICS: [(&str, Statistic); 4] = [
    ("min", Statistic::Min),
    ("mean", Statistic::Mean),
    ("sd", Statistic::Deviation),
    ("max", Statistic::Max),
];

/// The names, for the help and for error messages; a line each.
pub fn names() -> String {
    let others = Latency::ALL.iter().skip(1).map(|kind| kind.name());
    format!(
        "  p0 to p100 (p99.9), min, mean, sd, max   latencies, with a unit: ns us ms s m h\n\
         \x20 the same after {}   such as connect.p99\n\
         \x20 completed, errors, unfinished, non_2xx, connections   counts\n\
         \x20 sent, received, lost, duplicates, reordered, late, stray   counts of datagrams\n\
         \x20 errors.CLASS   failures of one class, such as errors.connect-refused\n\
         \x20 error_rate, share.SERVER   shares: 1% or 0.01\n\
         \x20 rps, bytes_per_second   rates\n\
         \x20 elapsed   a time\n",
        others
            .map(|name| format!("{name}."))
            .collect::<Vec<_>>()
            .join(" ")
    )
}

impl FromStr for Metric {
    type Err = BadAssertion;

    fn from_str(text: &str) -> Result<Self, BadAssertion> {
        let unknown = || BadAssertion::Name {
            given: text.to_owned(),
        };
        match text {
            "error_rate" => return Ok(Self::ErrorRate),
            "rps" => return Ok(Self::RequestsPerSecond),
            "bytes_per_second" => return Ok(Self::BytesPerSecond),
            "elapsed" => return Ok(Self::Elapsed),
            _ => {}
        }
        if let Some((_, count)) = COUNTS.into_iter().find(|(name, _)| *name == text) {
            return Ok(Self::Count(count));
        }
        if let Some(statistic) = statistic(text)? {
            return Ok(Self::Latency(Latency::Total, statistic));
        }
        let (scope, rest) = text.split_once('.').ok_or_else(unknown)?;
        match scope {
            "errors" if !rest.is_empty() => return Ok(Self::Class(rest.to_owned())),
            "share" if !rest.is_empty() => return Ok(Self::Share(rest.to_owned())),
            _ => {}
        }
        let kind = Latency::ALL.into_iter().find(|kind| kind.name() == scope);
        let statistic = statistic(rest)?;
        kind.zip(statistic)
            .map(|(kind, statistic)| Self::Latency(kind, statistic))
            .ok_or_else(unknown)
    }
}

/// Nothing if it is the name of no statistic.
fn statistic(text: &str) -> Result<Option<Statistic>, BadAssertion> {
    if let Some((_, statistic)) = STATISTICS.into_iter().find(|(name, _)| *name == text) {
        return Ok(Some(statistic));
    }
    let number = text
        .strip_prefix('p')
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let Some(number) = number else {
        return Ok(None);
    };
    let percentage = number
        .parse()
        .ok()
        .filter(|number| (0.0..=100.0).contains(number));
    let percentage = percentage.ok_or_else(|| BadAssertion::Percentile(text.to_owned()))?;
    Ok(Some(Statistic::Percentile(percentage)))
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(Latency::Total, statistic) => statistic.fmt(f),
            Self::Latency(kind, statistic) => write!(f, "{kind}.{statistic}"),
            Self::Count(count) => {
                let own = COUNTS.iter().find(|(_, other)| other == count);
                f.write_str(own.map_or("", |(name, _)| name))
            }
            Self::Class(class) => write!(f, "errors.{class}"),
            Self::Share(server) => write!(f, "share.{server}"),
            Self::ErrorRate => f.write_str("error_rate"),
            Self::RequestsPerSecond => f.write_str("rps"),
            Self::BytesPerSecond => f.write_str("bytes_per_second"),
            Self::Elapsed => f.write_str("elapsed"),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min => f.write_str("min"),
            Self::Mean => f.write_str("mean"),
            Self::Deviation => f.write_str("sd"),
            Self::Max => f.write_str("max"),
            Self::Percentile(percentage) => write!(f, "p{percentage}"),
        }
    }
}

impl Metric {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Latency(..) | Self::Elapsed => Kind::Time,
            Self::Count(_) | Self::Class(_) => Kind::Count,
            Self::Share(_) | Self::ErrorRate => Kind::Share,
            Self::RequestsPerSecond | Self::BytesPerSecond => Kind::Rate,
        }
    }

    /// The figure in the unit of its kind; nothing if it was not measured.
    pub(super) fn of(&self, results: &Results) -> Option<f64> {
        match self {
            Self::Latency(kind, statistic) => statistic.of(results.latencies.get(kind)?),
            Self::Count(count) => count.of(results).map(|count| count as f64),
            Self::Class(class) => results.errors.get(class).map(|count| *count as f64),
            Self::Share(server) => results.share(server),
            Self::ErrorRate => results.error_rate(),
            Self::RequestsPerSecond => results.requests_per_second(),
            Self::BytesPerSecond => results.bytes_per_second(),
            Self::Elapsed => Some(results.elapsed.as_secs_f64()),
        }
    }
}

impl Statistic {
    /// In seconds.
    fn of(self, histogram: &hdrhistogram::Histogram<u64>) -> Option<f64> {
        if histogram.is_empty() {
            return None;
        }
        let nanoseconds = match self {
            Self::Min => histogram.min() as f64,
            Self::Mean => histogram.mean(),
            Self::Deviation => histogram.stdev(),
            Self::Max => histogram.max() as f64,
            Self::Percentile(percentage) => histogram.value_at_percentile(percentage) as f64,
        };
        Some(nanoseconds / 1e9)
    }
}

impl Count {
    /// Nothing if there is no such count of this load.
    fn of(self, results: &Results) -> Option<u64> {
        Some(match self {
            Self::Completed => results.completed,
            Self::Errors => results.failed,
            Self::Unfinished => results.unfinished,
            Self::Non2xx => results.non_2xx,
            Self::Connections => results.connections,
            Self::Sent => results.datagrams?.sent,
            Self::Received => results.datagrams?.received,
            Self::Lost => results.datagrams?.lost,
            Self::Duplicates => results.datagrams?.duplicates,
            Self::Reordered => results.datagrams?.reordered,
            Self::Late => results.datagrams?.late,
            Self::Stray => results.datagrams?.stray,
        })
    }
}
