//! What is written: an experiment before anybody judged it.

use std::sync::Arc;

use super::problem::{Problem, Source};
use super::written::{Field, Place, Scalar, Written};

/// An experiment as it is written in a file, on a command line, or in both.
///
/// Every value is optional, may be nonsense, and knows its place; [`ExperimentFile::parse`] makes
/// an [`Experiment`](super::Experiment) of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExperimentFile {
    /// The text, if there is one.
    pub(super) source: Option<Arc<Source>>,
    /// What is wrong with the form of the text.
    pub(super) problems: Vec<Problem>,
    /// How much of the text could be read.
    pub(super) legibility: Legibility,
    /// The flags that changed what the file says.
    pub(super) changed_by: Vec<&'static str>,
    /// `name`
    pub name: Field,
    /// `summary`
    pub summary: Field,
    /// `[service]`
    pub service: Option<ServiceFile>,
    /// `[network]`
    pub network: NetworkFile,
    /// `[[server]]`
    pub servers: Vec<ServerFile>,
    /// `[load]`
    pub load: LoadFile,
    /// `[expect]`
    pub expect: ExpectFile,
}

impl ExperimentFile {
    /// Where people find the text.
    pub(super) fn source_name(&self) -> &str {
        let source = self.source.as_deref();
        source.map_or("the command line", |source| &source.name)
    }
}

/// How much of a text could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Legibility {
    /// All of it: what was not found is not there.
    #[default]
    Whole,
    /// Not all: what was not found may stand in the part that could not be read.
    Partial,
}

/// The table `[service]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFile {
    /// The table itself.
    pub place: Place,
    /// `vip`
    pub vip: Field,
    /// `scheduler`
    pub scheduler: Field,
    /// The entries of `flags`
    pub flags: Vec<Written<Scalar>>,
    /// `persistent`
    pub persistent: Field,
    /// `netmask`
    pub netmask: Field,
    /// `forwarding`
    pub forwarding: Field,
}

/// The table `[network]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkFile {
    /// `outer`
    pub outer: Field,
    /// `inner`
    pub inner: Field,
    /// `client`
    pub client: Field,
    /// `director`
    pub director: Field,
}

/// One table `[[server]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFile {
    /// The table itself.
    pub place: Place,
    /// `name`
    pub name: Field,
    /// `address`
    pub address: Field,
    /// `weight`
    pub weight: Field,
    /// `upper-threshold`
    pub upper_threshold: Field,
    /// `lower-threshold`
    pub lower_threshold: Field,
    /// `answers`
    pub answers: Field,
}

impl ServerFile {
    /// The name of the real server: the written one, or `rs1`, `rs2` … by its index from 0.
    pub(super) fn name_or_default(&self, index: usize) -> String {
        let written = self.name.as_ref().and_then(|name| name.as_text());
        written.map_or_else(|| format!("rs{}", index + 1), str::to_owned)
    }
}

/// The table `[load]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadFile {
    /// `requests`
    pub requests: Field,
    /// `concurrency`
    pub concurrency: Field,
    /// `clients`
    pub clients: Field,
    /// `connections`
    pub connections: Field,
    /// `path`
    pub path: Field,
    /// `timeout`
    pub timeout: Field,
    /// `time-limit`
    pub time_limit: Field,
    /// `give-up-after`
    pub give_up_after: Field,
}

/// The table `[expect]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectFile {
    /// `tolerance`
    pub tolerance: Field,
}
