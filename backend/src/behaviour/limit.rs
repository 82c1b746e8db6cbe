//! Limits on connections and on what one connection may ask.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use super::unit::{Unit, whole};

/// How many connections are served at a time, over all listeners of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimit {
    /// The most that are served. With 0 every connection is over the limit.
    pub most: u64,
    /// What happens to the others.
    pub over: Over,
}

/// What happens to a connection over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// It is accepted and reset at once.
    Reset,
    /// Its first request is answered by 503, then it is closed.
    Unavailable,
    /// It is not accepted before another ends: it waits in the kernel's backlog.
    Wait,
}

impl ConnectionLimit {
    /// Reads `100`, `100:reset`, `100:503` or `100:wait`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (most, over) = text.split_once(':').unwrap_or((text, "reset"));
        let over = match over {
            "reset" => Over::Reset,
            "503" => Over::Unavailable,
            "wait" => Over::Wait,
            _ => return None,
        };
        Some(Self {
            most: whole(most)?,
            over,
        })
    }
}

impl fmt::Display for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = match self.over {
            Over::Reset => "reset",
            Over::Unavailable => "503",
            Over::Wait => "wait",
        };
        write!(f, "{}:{over}", self.most)
    }
}

/// How long a connection may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepAlive {
    /// The last response says `connection: close`; without a number there is no last one.
    pub requests: Option<NonZeroU64>,
    /// A connection is closed without a word when the head of a request, or then its body, has not
    /// arrived as a whole this long after the response before it (or after accept).
    pub idle: Option<Duration>,
}

/// Reads a number of requests, from 1.
pub(super) fn read_requests(text: &str) -> Option<NonZeroU64> {
    NonZeroU64::new(whole(text)?)
}

/// Reads a time above zero.
pub(super) fn read_idle(text: &str) -> Option<Duration> {
    let time = Unit::Time.read(text).filter(|time| *time > 0)?;
    Some(Duration::from_nanos(time))
}
