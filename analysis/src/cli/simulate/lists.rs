//! Lists with a value for each real server: `4,1` or, with repetition, `4x100,1x900`.

use std::str::FromStr;

use analysis::simulate::{MOST_SERVERS, Positive};
use anyhow::{Context, bail, ensure};
use director_setup::{Thresholds, Weight};

/// The values of a list, one for each real server.
pub fn repeated<T: Clone>(
    text: &str,
    read: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let mut values = Vec::new();
    for item in text.split(',') {
        let (value, times) = match item.split_once('x') {
            Some((value, times)) => (value, count(times).with_context(|| item.to_owned())?),
            None => (item, 1),
        };
        let value = read(value)?;
        let together = values.len().saturating_add(times);
        ensure!(
            together <= MOST_SERVERS,
            "{text}: more than {MOST_SERVERS} real servers are too many"
        );
        values.extend(std::iter::repeat_n(value, times));
    }
    Ok(values)
}

fn count(text: &str) -> anyhow::Result<usize> {
    match text.parse() {
        Ok(0) | Err(_) => bail!("{text:?} is no number of times: write for instance 4x100"),
        Ok(times) => Ok(times),
    }
}

/// A list that has a value for each of so many servers, or one for all.
pub fn for_each<T: Clone>(
    option: &str,
    mut values: Vec<T>,
    servers: usize,
) -> anyhow::Result<Vec<T>> {
    if let [all] = &values[..] {
        values = vec![all.clone(); servers];
    }
    ensure!(
        values.len() == servers,
        "{option} has {} values for {servers} real servers: give one for each, or one for all",
        values.len()
    );
    Ok(values)
}

pub fn weight(text: &str) -> anyhow::Result<Weight> {
    Ok(Weight::from_str(text)?)
}

pub fn speed(text: &str) -> anyhow::Result<Positive> {
    Ok(text.parse()?)
}

/// `UPPER` or `UPPER:LOWER`.
pub fn thresholds(text: &str) -> anyhow::Result<Thresholds> {
    let (upper, lower) = text.split_once(':').unwrap_or((text, "0"));
    let number = |number: &str| {
        let wrong = || format!("{text:?} is no threshold: write UPPER or UPPER:LOWER");
        number.parse().with_context(wrong)
    };
    Ok(Thresholds {
        upper: number(upper)?,
        lower: number(lower)?,
    })
}
