//! Single values: the type that is wanted, or a problem.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::problem::Problem;
use super::super::spelling::{did_you_mean, listed, quoted};
use super::super::written::{Scalar, Written, saturating_integer};

/// The longest time that may be written; a lab does not run for days.
const LONGEST_TIME: Duration = Duration::from_secs(MOST_SECONDS as u64);
/// The same in seconds.
const MOST_SECONDS: u32 = 24 * 60 * 60;

impl Scalar {
    /// What it is, for "expected a string, found an integer".
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Typed(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Other(kind) => kind,
        }
    }

    /// How to write it as a string.
    fn as_string(&self) -> String {
        match self {
            Self::Integer(integer) => format!("put it in quotes: \"{integer}\""),
            Self::Float(float) => format!("put it in quotes: \"{float}\""),
            Self::Text(_) | Self::Typed(_) | Self::Other(_) => "write a text in quotes".to_owned(),
        }
    }
}

impl Written<Scalar> {
    /// The string that it must be.
    pub(super) fn text(&self, problems: &mut Vec<Problem>) -> Option<Written<&str>> {
        if let Some(text) = self.as_text() {
            return Some(self.with(text));
        }
        let found = format!("expected a string, found {}", self.value.kind());
        let remedy = self.value.as_string();
        problems.push(Problem::at(&self.place, found).remedy(remedy));
        None
    }

    /// The integer in this range that it must be.
    pub(super) fn integer<T: TryFrom<i128>>(
        &self,
        range: RangeInclusive<u32>,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let (least, most) = (range.start(), range.end());
        let value = match &self.value {
            Scalar::Integer(value) => Ok(*value),
            Scalar::Typed(word) => saturating_integer(word, 10)
                .ok_or_else(|| format!("{} is not a whole number", quoted(word))),
            other => Err(format!("expected an integer, found {}", other.kind())),
        };
        let fault = match value {
            Ok(value) if value < i128::from(*least) => format!("less than {least} is not possible"),
            Ok(value) if value > i128::from(*most) => format!("more than {most} is not possible"),
            Ok(value) => return T::try_from(value).ok(),
            Err(fault) => fault,
        };
        let form = if self.is_flag() {
            ""
        } else {
            ", without quotes"
        };
        let remedy = format!("write a whole number from {least} to {most}{form}");
        problems.push(Problem::at(&self.place, fault).remedy(remedy));
        None
    }

    /// The share that it must be: finite, 0 to 1.
    pub(super) fn share(&self, problems: &mut Vec<Problem>) -> Option<f64> {
        let value = match &self.value {
            Scalar::Integer(0) => Ok(0.0),
            Scalar::Integer(1) => Ok(1.0),
            Scalar::Integer(_) => Err("the value is not between 0 and 1".to_owned()),
            Scalar::Float(word) | Scalar::Typed(word) => word
                .parse::<f64>()
                .map_err(|_| format!("{} is not a number", quoted(word))),
            other => Err(format!("expected a number, found {}", other.kind())),
        };
        let fault = match value {
            Ok(share) if (0.0..=1.0).contains(&share) => return Some(share),
            Ok(_) => "the value is not between 0 and 1".to_owned(),
            Err(fault) => fault,
        };
        let remedy = "write a share from 0 to 1: 0.02 stands for two percent";
        problems.push(Problem::at(&self.place, fault).remedy(remedy));
        None
    }

    /// The time that it must be: more than nothing and at most a day.
    pub(super) fn duration(&self, problems: &mut Vec<Problem>) -> Option<Duration> {
        let fault = match self.as_text().map(humantime::parse_duration) {
            None => format!("expected a time, found {}", self.value.kind()),
            Some(Ok(Duration::ZERO)) => "a time of 0 would end before it began".to_owned(),
            Some(Ok(time)) if time > LONGEST_TIME => "more than 24h is not possible".to_owned(),
            Some(Ok(time)) => return Some(time),
            Some(Err(_)) => {
                let word = quoted(self.as_text().unwrap_or_default());
                format!("{word} is not a time")
            }
        };
        let remedy = if self.is_flag() {
            "write a number and its unit, such as 2s or 500ms"
        } else {
            "write a number and its unit in quotes, such as \"2s\" or \"500ms\""
        };
        problems.push(Problem::at(&self.place, fault).remedy(remedy));
        None
    }

    /// The whole seconds that it must be, at least one and at most a day: a number, or a time.
    pub(super) fn seconds(&self, problems: &mut Vec<Problem>) -> Option<u32> {
        let is_number = match &self.value {
            Scalar::Integer(_) => true,
            Scalar::Typed(word) => saturating_integer(word, 10).is_some(),
            Scalar::Text(_) | Scalar::Float(_) | Scalar::Other(_) => false,
        };
        if is_number {
            return self.integer(1..=MOST_SECONDS, problems);
        }
        let time = self.duration(problems)?;
        if time.subsec_nanos() == 0 {
            return u32::try_from(time.as_secs()).ok();
        }
        let fault = "the kernel counts whole seconds here";
        let remedy = "write a number of seconds, such as 300";
        problems.push(Problem::at(&self.place, fault).remedy(remedy));
        None
    }

    /// The meaning of the word that it must be.
    pub(super) fn one_of<T: Clone>(
        &self,
        words: &[(&str, T)],
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let text = self.text(problems)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(meaning.clone());
        }
        let known = || words.iter().map(|(word, _)| *word);
        let remedy = format!(
            "{}possible are {}",
            did_you_mean(text.value, known()),
            listed(known())
        );
        let fault = format!("{} is not known here", quoted(text.value));
        problems.push(Problem::at(&self.place, fault).remedy(remedy));
        None
    }

    /// The address of one host that it must be.
    pub(super) fn host(&self, problems: &mut Vec<Problem>) -> Option<Written<Ipv4Addr>> {
        let text = self.text(problems)?;
        let Ok(address) = text.value.parse() else {
            let fault = format!("{} is not an IPv4 address", quoted(text.value));
            let remedy = "write four numbers from 0 to 255, such as 192.168.1.2";
            problems.push(Problem::at(&self.place, fault).remedy(remedy));
            return None;
        };
        usable(self.with(address), problems)
    }
}

/// The address, unless it can never be that of a host in a lab.
pub(super) fn usable(
    address: Written<Ipv4Addr>,
    problems: &mut Vec<Problem>,
) -> Option<Written<Ipv4Addr>> {
    let ip = address.value;
    let kind = if ip.octets()[0] == 0 {
        "means \"this network\""
    } else if ip.is_loopback() {
        "is a loopback address"
    } else if ip.is_multicast() {
        "is a multicast address"
    } else if ip.is_broadcast() {
        "is the broadcast address"
    } else if ip.octets()[0] >= 240 {
        "is a reserved address"
    } else {
        return Some(address);
    };
    let fault = format!("{ip} {kind}, no host can have it");
    let remedy = "choose a private address, such as 192.168.0.1 or 10.0.0.1";
    problems.push(Problem::at(&address.place, fault).remedy(remedy));
    None
}
