//! Behaviours as text: a key and a value for each field.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::limit::{read_idle, read_requests};
use super::unit::Unit;
use super::{Answers, Behaviour, ConnectionLimit, Delay, Errors, Framing, MOST_CHUNK, Reset, Size};

/// What can be set: the fields of a [`Behaviour`] by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `answers`
    Answers,
    /// `delay`
    Delay,
    /// `size`
    Size,
    /// `chunked`
    Chunked,
    /// `errors`
    Errors,
    /// `reset`
    Reset,
    /// `accept-delay`
    AcceptDelay,
    /// `connections`
    Connections,
    /// `requests-per-connection`
    RequestsPerConnection,
    /// `idle-timeout`
    IdleTimeout,
}

const DELAY: &str = "5ms, uniform:1ms..5ms, exponential:5ms (the mean) or pareto:1ms:1.5 (the least \
                     and the shape), at most 1h";

/// A behaviour that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BehaviourError {
    /// A value that does not fit its key.
    #[error("{} cannot be {value:?}: write {}", .key.name(), .key.wants())]
    Value {
        /// What was to be set.
        key: Key,
        /// To what.
        value: String,
    },
    /// A key that does not exist.
    #[error("there is no setting {0:?}: there are {list}", list = Key::list())]
    Key(String),
    /// A word without `=`.
    #[error("{0:?} sets nothing: write KEY=VALUE, such as delay=5ms")]
    Word(String),
    /// The same key twice.
    #[error("{} is set twice: write it once", .0.name())]
    Twice(Key),
}

impl Key {
    /// Every key, in the order in which behaviours are written.
    pub const ALL: [Self; 10] = [
        Self::Answers,
        Self::Delay,
        Self::Size,
        Self::Chunked,
        Self::Errors,
        Self::Reset,
        Self::AcceptDelay,
        Self::Connections,
        Self::RequestsPerConnection,
        Self::IdleTimeout,
    ];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Delay => "delay",
            Self::Size => "size",
            Self::Chunked => "chunked",
            Self::Errors => "errors",
            Self::Reset => "reset",
            Self::AcceptDelay => "accept-delay",
            Self::Connections => "connections",
            Self::RequestsPerConnection => "requests-per-connection",
            Self::IdleTimeout => "idle-timeout",
        }
    }

    /// The values it takes, for messages.
    fn wants(self) -> &'static str {
        match self {
            Self::Answers => "normally or never",
            Self::Delay | Self::AcceptDelay => DELAY,
            Self::Size => {
                "1KiB, uniform:1KiB..1MiB, exponential:4KiB (the mean) or pareto:1KiB:1.5 (the least \
                 and the shape), at most 64MiB"
            }
            Self::Chunked => "the size of a chunk, from 1 to 64KiB, or off",
            Self::Errors => {
                "503:1% or 503:1%,404:0.5%; statuses from 200 to 599, at most 100% in all"
            }
            Self::Reset => "1%, 1%@middle, 1%@512 (after 512 bytes of the body) or 1%@request",
            Self::Connections => "100, 100:reset, 100:503 or 100:wait",
            Self::RequestsPerConnection => "a number from 1, or unlimited",
            Self::IdleTimeout => "a time such as 75s, or none",
        }
    }

    fn list() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl FromStr for Key {
    type Err = BehaviourError;

    fn from_str(name: &str) -> Result<Self, BehaviourError> {
        let key = Self::ALL.into_iter().find(|key| key.name() == name);
        key.ok_or_else(|| BehaviourError::Key(name.to_owned()))
    }
}

impl Behaviour {
    /// Changes one thing and leaves the others.
    pub fn set(&mut self, key: Key, value: &str) -> Result<(), BehaviourError> {
        self.try_set(key, value)
            .ok_or_else(|| BehaviourError::Value {
                key,
                value: value.to_owned(),
            })
    }

    fn try_set(&mut self, key: Key, value: &str) -> Option<()> {
        match key {
            Key::Answers => {
                self.answers = match value {
                    "normally" => Answers::Normally,
                    "never" => Answers::Never,
                    _ => return None,
                }
            }
            Key::Delay => self.delay = Delay::read(value)?,
            Key::Size => self.size = Some(Size::read(value)?),
            Key::Chunked => self.framing = read_framing(value)?,
            Key::Errors => self.errors = Errors::read(value)?,
            Key::Reset => self.reset = Some(Reset::read(value)?),
            Key::AcceptDelay => self.accept_delay = Delay::read(value)?,
            Key::Connections => self.connections = Some(ConnectionLimit::read(value)?),
            Key::RequestsPerConnection => {
                self.keep_alive.requests = match value {
                    "unlimited" => None,
                    number => Some(read_requests(number)?),
                }
            }
            Key::IdleTimeout => {
                self.keep_alive.idle = match value {
                    "none" => None,
                    time => Some(read_idle(time)?),
                }
            }
        }
        Some(())
    }

    /// The value of a key as text; `None` if it is as by default.
    fn value(&self, key: Key) -> Option<String> {
        let delay = |delay: &Delay| (!delay.is_none()).then(|| delay.to_string());
        match key {
            Key::Answers => (self.answers == Answers::Never).then(|| "never".to_owned()),
            Key::Delay => delay(&self.delay),
            Key::Size => self.size.map(|size| size.to_string()),
            Key::Chunked => match self.framing {
                Framing::Length => None,
                Framing::Chunked(size) => Some(size.to_string()),
            },
            Key::Errors => (!self.errors.rates().is_empty()).then(|| self.errors.to_string()),
            Key::Reset => self.reset.map(|reset| reset.to_string()),
            Key::AcceptDelay => delay(&self.accept_delay),
            Key::Connections => self.connections.map(|limit| limit.to_string()),
            Key::RequestsPerConnection => self.keep_alive.requests.map(|most| most.to_string()),
            Key::IdleTimeout => {
                let idle = self.keep_alive.idle?;
                Some(
                    humantime::format_duration(idle)
                        .to_string()
                        .replace(' ', ""),
                )
            }
        }
    }
}

fn read_framing(text: &str) -> Option<Framing> {
    if text == "off" {
        return Some(Framing::Length);
    }
    let size = u32::try_from(Unit::Bytes.read(text)?).ok()?;
    (1..=MOST_CHUNK)
        .contains(&size)
        .then_some(Framing::Chunked(size))
}

impl FromStr for Behaviour {
    type Err = BehaviourError;

    /// Reads settings that are parted by white space; no setting at all is the default.
    fn from_str(text: &str) -> Result<Self, BehaviourError> {
        let mut behaviour = Self::default();
        let mut seen = Vec::new();
        for word in text.split_whitespace() {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| BehaviourError::Word(word.to_owned()))?;
            let key = key.parse()?;
            if seen.contains(&key) {
                return Err(BehaviourError::Twice(key));
            }
            seen.push(key);
            behaviour.set(key, value)?;
        }
        Ok(behaviour)
    }
}

impl fmt::Display for Behaviour {
    /// Writes what is not as by default; reading it gives the same behaviour.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for key in Key::ALL {
            if let Some(value) = self.value(key) {
                write!(f, "{space}{}={value}", key.name())?;
                space = " ";
            }
        }
        Ok(())
    }
}
