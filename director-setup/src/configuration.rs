//! The file that says which services a director shall have.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::codec;
use crate::{AddressFamily, Forwarding, Protocol, Scheduler, Service, ServiceKey, Weight};

/// What is meant: services that differ from each other, each with different real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) services: Vec<DesiredService>,
}

/// A service as the file can describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DesiredService {
    pub(crate) key: ServiceKey,
    pub(crate) scheduler: Scheduler,
    pub(crate) servers: Vec<DesiredServer>,
}

/// A real server as the file can describe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DesiredServer {
    pub(crate) address: SocketAddr,
    pub(crate) weight: Weight,
    pub(crate) forwarding: Forwarding,
}

/// A file that describes nothing.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is not TOML, or not of the shape that is wanted. The reason shows the line.
    #[error("{}: {source}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// Its parts contradict each other.
    #[error("{}", list(path, problems))]
    Meaning {
        /// The file.
        path: PathBuf,
        /// Every contradiction.
        problems: Vec<Problem>,
    },
}

/// One thing in a file that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)
    }
}

fn list(path: &Path, problems: &[Problem]) -> String {
    let line = |problem| format!("{}:{problem}", path.display());
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigurationFile {
    #[serde(default, rename = "service")]
    services: Vec<ServiceTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceTable {
    protocol: Protocol,
    address: Spanned<SocketAddr>,
    scheduler: Spanned<Scheduler>,
    #[serde(default, rename = "server")]
    servers: Vec<ServerTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerTable {
    address: Spanned<SocketAddr>,
    #[serde(default = "one")]
    weight: Weight,
    forwarding: Spanned<Forwarding>,
}

const fn one() -> Weight {
    Weight::ONE
}

impl Configuration {
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigurationError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    /// Reads `text`; `path` is for the errors.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigurationError> {
        let file = toml::from_str(text).map_err(|source| ConfigurationError::Shape {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let mut review = Review::new(text);
        let configuration = review.configuration(&file);
        if review.problems.is_empty() {
            return Ok(configuration);
        }
        Err(ConfigurationError::Meaning {
            path: path.to_owned(),
            problems: review.problems,
        })
    }
}

/// Turns what is written into what is meant, and notes what cannot be meant.
struct Review<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Review<'a> {
    const fn new(text: &'a str) -> Self {
        let problems = Vec::new();
        Self { text, problems }
    }

    fn note<T>(&mut self, place: &Spanned<T>, text: impl Into<String>) {
        let before = self.text.get(..place.span().start).unwrap_or_default();
        self.problems.push(Problem {
            line: 1 + before.matches('\n').count(),
            text: text.into(),
        });
    }

    fn configuration(&mut self, file: &ConfigurationFile) -> Configuration {
        let mut seen = HashSet::new();
        let services = file.services.iter().map(|table| {
            let service = self.service(table);
            if !seen.insert(service.key) {
                self.note(
                    &table.address,
                    format!("{} is described twice", service.key),
                );
            }
            service
        });
        Configuration {
            services: services.collect(),
        }
    }

    fn service(&mut self, table: &ServiceTable) -> DesiredService {
        let key = ServiceKey::Address {
            protocol: table.protocol,
            address: *table.address.get_ref(),
        };
        let scheduler = table.scheduler.get_ref().clone();
        if let Err(error) = codec::service::encode(&Service::new(key, scheduler.clone())) {
            self.note(&table.scheduler, error.to_string());
        }
        let mut seen = HashSet::new();
        let servers = table.servers.iter().map(|table| {
            let server = self.server(&key, table);
            if !seen.insert(server.address) {
                self.note(&table.address, format!("{key} has this real server twice"));
            }
            server
        });
        DesiredService {
            key,
            scheduler,
            servers: servers.collect(),
        }
    }

    fn server(&mut self, key: &ServiceKey, table: &ServerTable) -> DesiredServer {
        let address = *table.address.get_ref();
        let forwarding = *table.forwarding.get_ref();
        if matches!(forwarding, Forwarding::Local | Forwarding::Bypass) {
            let text = format!("{forwarding} is for the kernel to set: write nat, dr or tun");
            self.note(&table.forwarding, text);
        } else if AddressFamily::from(address) != key.family() && forwarding != Forwarding::Tun {
            let family = key.family();
            let text =
                format!("a real server of {key} must be {family} too, unless forwarding is tun");
            self.note(&table.address, text);
        }
        DesiredServer {
            address,
            weight: table.weight,
            forwarding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Configuration, String> {
        Configuration::parse(Path::new("web.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_read_with_weight_1_where_none_is_written() {
        let text = r#"
            [[service]]
            protocol = "tcp"
            address = "192.168.0.1:80"
            scheduler = "wlc"
            [[service.server]]
            address = "192.168.1.2:80"
            weight = 4
            forwarding = "nat"
            [[service.server]]
            address = "192.168.1.3:80"
            forwarding = "nat"
        "#;
        let server = |last, weight| DesiredServer {
            address: ([192, 168, 1, last], 80).into(),
            weight: Weight::from(weight),
            forwarding: Forwarding::Nat,
        };
        let service = DesiredService {
            key: ServiceKey::tcp(([192, 168, 0, 1], 80).into()),
            scheduler: Scheduler::WeightedLeastConnection,
            servers: vec![server(2, 4_u16), server(3, 1)],
        };
        let expected = Configuration {
            services: vec![service],
        };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn an_unknown_field_is_shown_with_its_line() {
        let text = "[[service]]\nprotocol = \"tcp\"\naddres = \"192.168.0.1:80\"\n";
        insta::assert_snapshot!(parse(text).unwrap_err(), @r#"
        web.toml: TOML parse error at line 3, column 1
          |
        3 | addres = "192.168.0.1:80"
          | ^^^^^^
        unknown field `addres`, expected one of `protocol`, `address`, `scheduler`, `server`
        "#);
    }

    #[test]
    fn a_negative_weight_is_shown_with_its_line() {
        let text = "[[service]]\nprotocol = \"tcp\"\naddress = \"192.168.0.1:80\"\n\
                    scheduler = \"rr\"\n[[service.server]]\naddress = \"192.168.1.2:80\"\n\
                    weight = -1\nforwarding = \"dr\"\n";
        insta::assert_snapshot!(parse(text).unwrap_err(), @r#"
        web.toml: TOML parse error at line 7, column 10
          |
        7 | weight = -1
          |          ^^
        invalid value: integer `-1`, expected u32
        "#);
    }

    #[test]
    fn all_contradictions_are_shown_at_once() {
        let text = r#"[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "a-very-long-scheduler"
server = [
  { address = "192.168.1.2:80", forwarding = "local" },
  { address = "192.168.1.2:80", forwarding = "dr" },
  { address = "[2001:db8::2]:80", forwarding = "nat" },
  { address = "[2001:db8::3]:80", forwarding = "tun" },
]
[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "rr"
"#;
        insta::assert_snapshot!(parse(text).unwrap_err(), @r#"
        web.toml:4: "a-very-long-scheduler" cannot be the name of a scheduler: 1 to 15 bytes without NUL
        web.toml:6: local is for the kernel to set: write nat, dr or tun
        web.toml:7: tcp 192.168.0.1:80 has this real server twice
        web.toml:8: a real server of tcp 192.168.0.1:80 must be ipv4 too, unless forwarding is tun
        web.toml:13: tcp 192.168.0.1:80 is described twice
        "#);
    }
}
