//! Files of scripts: what is asked for, and how often.

mod raw;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::ab::Field;

/// A script as the help shows it.
pub const EXAMPLE: &str = r#"[[request]]
path = "/index.html"
weight = 9

[[request]]
method = "POST"
path = "/form?step=1"
headers = ["Content-Type: application/json"]
body = '{"a": 1}'                       # or body_file = "form.json"
"#;

/// Requests with their weights; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFile {
    requests: Vec<Request>,
}

/// One request of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, valid as a token; by default GET.
    pub method: String,
    /// The path and query, from the first slash on.
    pub path: String,
    /// How often it is sent in proportion to the others, from 1; by default 1.
    pub weight: u32,
    /// Its own headers, in order.
    pub headers: Vec<Field>,
    /// Its body.
    pub body: Option<RequestBody>,
}

/// The body of a request in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// As written.
    Text(String),
    /// The content of a file.
    File(PathBuf),
}

/// Why a script cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}:{line}:{column}: {problem}")]
pub struct BadScript {
    /// The name of the script's file.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// A script, or the body of one of its requests, cannot be read.
#[derive(Debug, Error)]
pub enum Unusable {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its content is no script.
    #[error(transparent)]
    Bad(#[from] BadScript),
}

impl ScriptFile {
    /// Reads a script. `name` is what errors call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, BadScript> {
        raw::requests(text)
            .map(|requests| Self { requests })
            .map_err(|problem| problem.at(name, text))
    }

    /// Reads a script from a file, and the files of its bodies, whose paths are relative to the
    /// script's directory. Afterwards every body is in memory; see [`Loaded`].
    pub fn load(path: &Path) -> Result<Loaded, Unusable> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| Unusable::Unreadable { path, source }
        };
        let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
        let script = Self::parse(&path.display().to_string(), &text)?;
        let directory = path.parent().unwrap_or(Path::new("."));
        let body = |request: &Request| match &request.body {
            None => Ok(None),
            Some(RequestBody::Text(text)) => Ok(Some(text.clone().into_bytes())),
            Some(RequestBody::File(file)) => {
                let file = directory.join(file);
                std::fs::read(&file).map(Some).map_err(unreadable(&file))
            }
        };
        let bodies = script.requests.iter().map(body).collect::<Result<_, _>>()?;
        Ok(Loaded { script, bodies })
    }

    /// In the order written.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }
}

/// A script with its bodies in memory.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The script.
    pub script: ScriptFile,
    /// The body of each request, in the order of the script's requests.
    pub bodies: Vec<Option<Vec<u8>>>,
}

/// A problem at a place in the text.
struct Problem {
    place: Option<Range<usize>>,
    problem: String,
}

impl Problem {
    fn new(place: Range<usize>, problem: impl fmt::Display) -> Self {
        Self {
            place: Some(place),
            problem: problem.to_string(),
        }
    }

    /// A problem without a place is one of the whole text, so of its first line.
    fn at(self, name: &str, text: &str) -> BadScript {
        let offset = self.place.map_or(0, |place| place.start).min(text.len());
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        BadScript {
            name: name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            problem: self.problem,
        }
    }
}

#[cfg(test)]
mod tests;
