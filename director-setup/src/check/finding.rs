//! What was found, as data.

use std::fmt;
use std::net::SocketAddr;

use serde::Serialize;

use crate::ServiceKey;
use crate::network::Sysctl;

/// Something about the configuration that a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The finding's stable name, in kebab case.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub object: Object,
    /// What is the matter, in one or two sentences.
    pub explanation: String,
    /// The command that mends it, if there is one.
    pub remedy: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Connections fail, or do not go where they should.
    Error,
    /// It does something else than it seems to say.
    Warning,
    /// Worth knowing.
    Note,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Object {
    /// A virtual service.
    Service {
        /// Which one.
        #[serde(serialize_with = "as_text")]
        service: ServiceKey,
    },
    /// A real server of a service.
    Server {
        /// Its service.
        #[serde(serialize_with = "as_text")]
        service: ServiceKey,
        /// Its address.
        server: SocketAddr,
    },
    /// A setting of the kernel.
    Sysctl {
        /// Which one.
        sysctl: Sysctl,
    },
    /// The check itself, which could not look at something.
    Check,
}

fn as_text<S: serde::Serializer>(key: &ServiceKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

impl Finding {
    /// A finding without a remedy.
    pub fn new(
        name: &'static str,
        severity: Severity,
        object: Object,
        explanation: impl Into<String>,
    ) -> Self {
        Self {
            name,
            severity,
            object,
            explanation: explanation.into(),
            remedy: None,
        }
    }

    /// The same finding with the command that mends it.
    #[must_use]
    pub fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.remedy = Some(command.into());
        self
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { service } => service.fmt(f),
            Self::Server { service, server } => write!(f, "{server} of {service}"),
            Self::Sysctl { sysctl } => sysctl.fmt(f),
            Self::Check => write!(f, "this check"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:8}{}: {}", self.severity, self.name, self.object)?;
        writeln!(f, "        {}", self.explanation)?;
        self.remedy
            .as_ref()
            .map_or(Ok(()), |remedy| writeln!(f, "        -> {remedy}"))
    }
}
