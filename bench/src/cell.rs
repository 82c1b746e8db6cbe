//! What is compared: a cell is a server, a mode and a number of connections.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::server::ServerName;

/// The path that every server answers by a body of [`BODY`] bytes.
pub(crate) const PATH: &str = "/bytes/1024";
/// Bytes of every body.
pub(crate) const BODY: usize = 1024;

/// How many requests a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// As many as come.
    KeepAlive,
    /// One.
    Close,
}

impl Mode {
    /// As tables say it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::KeepAlive => "keep-alive",
            Self::Close => "connection per request",
        }
    }
}

/// The samples of a cell can be compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Cell {
    pub(crate) server: ServerName,
    pub(crate) mode: Mode,
    pub(crate) connections: u32,
}

/// What one client is asked to send, once.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Load {
    #[arg(long)]
    pub(crate) address: SocketAddr,
    #[arg(long, value_enum)]
    pub(crate) mode: Mode,
    #[arg(long)]
    pub(crate) connections: u32,
    #[arg(long)]
    pub(crate) requests: u64,
}

impl Load {
    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }
}
