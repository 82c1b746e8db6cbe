//! The clients, one file each: how to ask them, and how to read what they say.

mod ab;
pub(crate) mod bare;
mod h2load;
mod loadgen;
mod oha;
mod uring;
mod wrk;

use std::env;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;
use tempfile::TempDir;

use crate::cell::Load;
use crate::executables::{Executables, installed};
use crate::process::Program;

/// A client by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClientName {
    /// Ours.
    Loadgen,
    /// Of apache2-utils.
    Ab,
    /// Of wrk.
    Wrk,
    /// Of nghttp2-client.
    H2load,
    /// Of crates.io.
    Oha,
    /// Of this crate: epoll and nothing else.
    Bare,
    /// Of this crate: `io_uring` and nothing else.
    Uring,
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl ClientName {
    pub(crate) const ALL: [Self; 7] = [
        Self::Loadgen,
        Self::Ab,
        Self::Wrk,
        Self::H2load,
        Self::Oha,
        Self::Bare,
        Self::Uring,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Loadgen => "loadgen",
            Self::Ab => "ab",
            Self::Wrk => "wrk",
            Self::H2load => "h2load",
            Self::Oha => "oha",
            Self::Bare => "bare",
            Self::Uring => "uring",
        }
    }

    /// Whether it is a load generator that somebody would use in place of ours. The others show what
    /// is possible.
    pub(crate) fn is_peer(self) -> bool {
        matches!(self, Self::Ab | Self::Wrk | Self::H2load | Self::Oha)
    }

    fn arguments(self, load: &Load) -> Vec<String> {
        match self {
            Self::Loadgen => loadgen::arguments(load),
            Self::Ab => ab::arguments(load),
            Self::Wrk => wrk::arguments(load),
            Self::H2load => h2load::arguments(load),
            Self::Oha => oha::arguments(load),
            Self::Bare => bare::arguments(load),
            Self::Uring => uring::arguments(load),
        }
    }

    /// The completed requests by a client's output. It is an error if one failed, or if there are not
    /// as many as were asked for; wrk is asked for a time.
    pub(crate) fn completed(self, output: &str, load: &Load) -> Result<u64> {
        let completed = match self {
            Self::Ab => ab::completed(output),
            Self::Loadgen => loadgen::completed(output),
            Self::Wrk => wrk::completed(output),
            Self::H2load => h2load::completed(output),
            Self::Oha => oha::completed(output),
            Self::Bare | Self::Uring => bare::completed(output),
        }?;
        let asked = load.requests;
        ensure!(
            self == Self::Wrk || completed == asked,
            "{completed} of {asked} requests were completed"
        );
        Ok(completed)
    }
}

/// A client that can be run.
pub(crate) struct Client {
    pub(crate) name: ClientName,
    path: PathBuf,
}

impl Client {
    pub(crate) fn command(&self, load: &Load) -> Program {
        Program::new(&self.path, self.name.arguments(load))
    }
}

/// Those that can be run here, and the directory of what was compiled for it.
pub(crate) struct Clients {
    found: Vec<Client>,
    _directory: Option<TempDir>,
}

impl Clients {
    /// Looks for them; adds what is missing, with the remedy.
    pub(crate) fn find(
        names: &[ClientName],
        executables: &Executables,
        left_out: &mut Vec<String>,
    ) -> Self {
        let directory = TempDir::new().ok();
        let mut found = Vec::new();
        for &name in names {
            let path = match name {
                ClientName::Loadgen => Ok(executables.own("loadgen")),
                ClientName::Ab => tool("ab", "apt-get install apache2-utils"),
                ClientName::Wrk => tool("wrk", "apt-get install wrk"),
                ClientName::H2load => tool("h2load", "apt-get install nghttp2-client"),
                ClientName::Oha => tool("oha", "cargo install oha"),
                ClientName::Bare => env::current_exe().context("bare: this executable is gone"),
                ClientName::Uring => uring::compile(directory.as_ref()),
            };
            match path {
                Ok(path) => found.push(Client { name, path }),
                Err(error) => left_out.push(format!("{error:#}")),
            }
        }
        Self {
            found,
            _directory: directory,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.found.iter()
    }
}

fn tool(name: &str, remedy: &str) -> Result<PathBuf> {
    installed(name).with_context(|| format!("{name}: {remedy}"))
}

/// The text after a label at the start of a line, without blanks around it.
fn labelled<'a>(output: &'a str, label: &str) -> Option<&'a str> {
    let mut lines = output.lines().map(str::trim_start);
    lines
        .find_map(|line| line.strip_prefix(label))
        .map(str::trim)
}

/// The number with which a text begins.
fn number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Mode;

    #[test]
    fn all_clients_are_in_the_list_in_their_order() {
        assert_eq!(ClientName::value_variants(), ClientName::ALL);
    }

    #[test]
    fn fewer_requests_than_asked_for_are_an_error() {
        let load = Load {
            address: "127.0.0.1:80".parse().unwrap(),
            mode: Mode::Close,
            connections: 1,
            requests: 3,
        };
        assert_eq!(
            ClientName::Bare.completed("completed 3\n", &load).unwrap(),
            3
        );
        let error = ClientName::Bare
            .completed("completed 2\n", &load)
            .unwrap_err();
        assert_eq!(error.to_string(), "2 of 3 requests were completed");
    }
}
