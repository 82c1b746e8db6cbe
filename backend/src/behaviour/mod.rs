//! How a real server behaves: plain data that can be written in one line.

mod amount;
mod chance;
mod distribution;
mod failure;
mod key;
mod limit;
#[cfg(test)]
mod tests;
mod unit;

pub use amount::{Delay, Size};
pub use chance::Chance;
pub use distribution::Distribution;
pub use failure::{Cut, Errors, Probability, Reset};
pub use key::{BehaviourError, Key};
pub use limit::{ConnectionLimit, KeepAlive, Over};
pub use unit::MOST_BYTES;
pub(crate) use unit::whole;

/// The largest chunk of a chunked body, in bytes.
pub const MOST_CHUNK: u32 = 64 * 1024;

/// Whether a server answers what it reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// Every request is answered.
    #[default]
    Normally,
    /// Connections are accepted and requests are read, but never answered.
    Never,
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// By `content-length`.
    #[default]
    Length,
    /// By chunked coding, in chunks of so many bytes, from 1 to [`MOST_CHUNK`]. A client of HTTP/1.0
    /// gets the body without length and then the end of the connection.
    Chunked(u32),
}

/// How a real server behaves. Each field changes one thing; all of them combine.
///
/// As text it is a list of settings such as `delay=exponential:5ms errors=503:1% reset=0.1%@512`; see
/// [`Key`]. Delays, errors, resets and sizes leave `/stats` and `/metrics` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// Whether requests are answered.
    pub answers: Answers,
    /// How long a response is held back.
    pub delay: Delay,
    /// The size of the page's body; without one the page is the server's name.
    pub size: Option<Size>,
    /// How the end of bodies is marked.
    pub framing: Framing,
    /// Responses that fail.
    pub errors: Errors,
    /// Responses that are cut by an RST.
    pub reset: Option<Reset>,
    /// How long each listener waits before each accept. Connections wait in the backlog meanwhile.
    pub accept_delay: Delay,
    /// How many connections are served at a time.
    pub connections: Option<ConnectionLimit>,
    /// How long a connection is kept.
    pub keep_alive: KeepAlive,
}

impl Default for Behaviour {
    /// Answers everything at once, without limits.
    fn default() -> Self {
        Self {
            answers: Answers::Normally,
            delay: Delay::NONE,
            size: None,
            framing: Framing::Length,
            errors: Errors::default(),
            reset: None,
            accept_delay: Delay::NONE,
            connections: None,
            keep_alive: KeepAlive::default(),
        }
    }
}
