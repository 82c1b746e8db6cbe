//! The line between a host and a lab: frames of JSON messages.

mod frame;
mod message;

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use frame::FrameError;
pub use message::{Breakage, BreakageKind, Event, Hello, Job, Message, Outcome, StageName};

/// Why no message could be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// No intact frame arrived.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame does not hold the expected message.
    #[error("cannot understand a frame")]
    Payload(#[from] serde_json::Error),
}

/// Sends one message.
pub fn send(line: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    frame::write_frame(line, &serde_json::to_vec(message)?)
}

/// Receives one message.
pub fn receive<T: DeserializeOwned>(line: &mut impl Read) -> Result<T, ReceiveError> {
    Ok(serde_json::from_slice(&frame::read_frame(line)?)?)
}
