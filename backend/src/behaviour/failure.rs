//! Failures on purpose: error responses and resets.

use std::fmt;

use hyper::StatusCode;

use super::chance::Chance;
use super::unit::{Unit, whole};

/// A probability from 0 to 1, written `0.01` or `1%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// As a number from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = match text.strip_suffix('%') {
            Some(percent) => (percent, 100.0),
            None => (text, 1.0),
        };
        let digits = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        let plain = !number.is_empty() && number.bytes().all(digits);
        let probability = number.parse::<f64>().ok().filter(|_| plain)? / unit;
        (probability <= 1.0).then_some(Self(probability))
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Statuses that take the place of the wanted response, each with its probability.
///
/// A request draws once: the probabilities exclude each other and add up to at most 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors(Vec<(StatusCode, Probability)>);

impl Errors {
    /// The statuses in the order in which they were written.
    pub fn rates(&self) -> &[(StatusCode, Probability)] {
        &self.0
    }

    /// Reads `503:1%` or `503:1%,404:0.5%`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let rates = text.split(',').map(|rate| {
            let (status, probability) = rate.split_once(':')?;
            let status = StatusCode::from_u16(u16::try_from(whole(status)?).ok()?).ok()?;
            let sendable = (200..=599).contains(&status.as_u16());
            Some((status, Probability::read(probability)?)).filter(|_| sendable)
        });
        let rates = rates.collect::<Option<Vec<_>>>()?;
        // Ten times 10 % is a hair above 1 in binary.
        let sum: f64 = rates.iter().map(|(_, probability)| probability.0).sum();
        (sum <= 1.0 + 1e-9).then_some(Self(rates))
    }

    /// The status that strikes the next request, if one does.
    pub(crate) fn draw(&self, chance: &mut Chance) -> Option<StatusCode> {
        if self.0.is_empty() {
            return None;
        }
        let mut left = chance.unit();
        let (status, _) = self.0.iter().find(|(_, probability)| {
            left -= probability.0;
            left < 0.0
        })?;
        Some(*status)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (status, probability)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:{probability}", status.as_u16())?;
        }
        Ok(())
    }
}

/// Resets: the connection ends with an RST in place of the rest of a response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reset {
    /// How probable it is for each request.
    pub probability: Probability,
    /// Where the response is cut.
    pub at: Cut,
}

/// Where a reset cuts a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of it is sent.
    Request,
    /// After half of the body.
    Middle,
    /// After so many bytes of the body, but always before its last one. Of a response without a body
    /// nothing is sent.
    After(u64),
}

impl Reset {
    /// Reads `1%`, `1%@request`, `1%@middle` or `1%@512`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (probability, at) = text.split_once('@').unwrap_or((text, "middle"));
        let at = match at {
            "request" => Cut::Request,
            "middle" => Cut::Middle,
            bytes => Cut::After(Unit::Bytes.read(bytes)?),
        };
        Some(Self {
            probability: Probability::read(probability)?,
            at,
        })
    }

    /// Whether the next response is cut.
    pub(crate) fn strikes(&self, chance: &mut Chance) -> bool {
        chance.happens(self.probability.0)
    }

    /// How much of a body of `length` bytes is sent before the reset; `None` if not even the head is.
    pub(crate) fn sent_of(&self, length: u64) -> Option<u64> {
        let last = length.checked_sub(1)?;
        match self.at {
            Cut::Request => None,
            Cut::Middle => Some(length / 2),
            Cut::After(bytes) => Some(bytes.min(last)),
        }
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.probability)?;
        match self.at {
            Cut::Request => f.write_str("request"),
            Cut::Middle => f.write_str("middle"),
            Cut::After(bytes) => Unit::Bytes.write(bytes, f),
        }
    }
}
