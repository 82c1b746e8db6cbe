//! Assertions on the results of a load: `p99<50ms`, `errors==0`, `rps>=1000`.

mod metric;
mod quantity;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Results;

use metric::Metric;
use quantity::Quantity;

pub use metric::names;

/// What must hold of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    metric: Metric,
    comparison: Comparison,
    threshold: Quantity,
}

/// How a figure compares with what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Different,
}

/// Longer operators before those that they begin with.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("==", Comparison::Equal),
    ("!=", Comparison::Different),
    ("<", Comparison::Less),
    (">", Comparison::More),
];

/// Why a text is no assertion.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadAssertion {
    /// There is no comparison in it.
    #[error(
        "there is no comparison; write NAME OP VALUE with < <= > >= == or !=, such as p99<50ms"
    )]
    NoComparison,
    /// There is no such figure.
    #[error("there is no figure '{given}'; the figures are\n{names}", names = names())]
    Name {
        /// What was typed.
        given: String,
    },
    /// A percentile below 0 or above 100.
    #[error("a percentile is from 0 to 100, such as p99.9; it is '{0}'")]
    Percentile(String),
    /// The value is no number with a unit of the figure's kind.
    #[error("'{given}' is no value for {figure}: write {example}")]
    Value {
        /// What was typed.
        given: String,
        /// The figure.
        figure: String,
        /// Values that it can have.
        example: &'static str,
    },
}

impl FromStr for Assertion {
    type Err = BadAssertion;

    fn from_str(text: &str) -> Result<Self, BadAssertion> {
        let start = text
            .find(['<', '>', '=', '!'])
            .ok_or(BadAssertion::NoComparison)?;
        let (name, rest) = text.split_at(start);
        let (operator, comparison) = COMPARISONS
            .into_iter()
            .find(|(operator, _)| rest.starts_with(operator))
            .ok_or(BadAssertion::NoComparison)?;
        let metric: Metric = name.trim().parse()?;
        let value = rest[operator.len()..].trim();
        let kind = metric.kind();
        let threshold = Quantity::parse(value, kind).ok_or_else(|| BadAssertion::Value {
            given: value.to_owned(),
            figure: metric.to_string(),
            example: kind.example(),
        })?;
        Ok(Self {
            metric,
            comparison,
            threshold,
        })
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.metric, self.comparison, self.threshold)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = COMPARISONS
            .iter()
            .find(|(_, comparison)| comparison == self);
        f.write_str(own.map_or("", |(operator, _)| operator))
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::Different => order.is_ne(),
        }
    }
}

impl Assertion {
    /// Whether it holds of these results. It does not if there is no such figure: no request was
    /// completed, or nothing of this name was measured.
    pub fn judge(&self, results: &Results) -> Verdict {
        let measured = self.metric.of(results);
        let order = measured.and_then(|figure| figure.partial_cmp(&self.threshold.value()));
        Verdict {
            assertion: self.clone(),
            measured,
            holds: order.is_some_and(|order| self.comparison.holds(order)),
        }
    }
}

/// What came of an assertion. [`Display`](fmt::Display) says it in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was to hold.
    pub assertion: Assertion,
    /// The figure, in seconds, in units per second, as a share or as a count.
    pub measured: Option<f64>,
    /// Whether it holds.
    pub holds: bool,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.holds { "holds" } else { "FAILED" };
        write!(f, "{word}: {}", self.assertion)?;
        match self.measured {
            Some(figure) => write!(f, " ({})", self.assertion.metric.kind().show(figure)),
            None => write!(f, " (there is no such figure)"),
        }
    }
}

#[cfg(test)]
mod tests;
