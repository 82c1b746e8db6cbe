//! What is wrong with an experiment, and what to write instead.

use std::fmt;
use std::sync::Arc;

use super::render;
use super::spelling::printable;
use super::written::Place;

/// A text in which experiments are written, and its name for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path of the file, or what else tells people where to look.
    pub name: String,
    /// The whole text; empty when it could not be read.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: Option<String>,
    /// Another place that plays a part, and which.
    pub related: Option<(Place, String)>,
}

impl Source {
    /// A text and its name.
    pub(super) fn new(name: &str, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: printable(name),
            text: text.into(),
        })
    }
}

impl Problem {
    /// Something is wrong at this place.
    pub(super) fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            message: message.into(),
            remedy: None,
            related: None,
        }
    }

    /// Says what to write instead.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Names another place that plays a part.
    pub(super) fn related(mut self, place: &Place, part: impl Into<String>) -> Self {
        self.related = Some((place.clone(), part.into()));
        self
    }
}

/// The problems of one text, or of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceProblems {
    pub(super) source: Option<Arc<Source>>,
    pub(super) problems: Vec<Problem>,
}

/// Everything that is wrong with the experiments of one command; at least one problem.
///
/// `Display` is the plain form of [`Problems::render`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    sources: Vec<SourceProblems>,
}

/// Whether a text for a terminal is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// With ANSI escapes.
    Always,
}

impl Problems {
    /// The problems of one text, sorted by their place in it.
    pub(super) fn new(source: Option<Arc<Source>>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| match &problem.place {
            Place::Whole => (0, 0),
            Place::Span(bytes) => (1, bytes.start),
            Place::Flag(_) => (2, 0),
        });
        Self {
            sources: vec![SourceProblems { source, problems }],
        }
    }

    /// One problem of a text that could not be read.
    pub(super) fn unreadable(name: &str, message: impl Into<String>) -> Self {
        let problem = Problem::at(&Place::Whole, message);
        Self::new(Some(Source::new(name, "")), vec![problem])
    }

    /// One problem of the command line.
    pub(super) fn of_command_line(problem: Problem) -> Self {
        Self::new(None, vec![problem])
    }

    /// Adds the problems of other texts.
    pub fn extend(&mut self, others: Self) {
        self.sources.extend(others.sources);
    }

    /// All problems, text by text.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.sources.iter().flat_map(|source| &source.problems)
    }

    /// The text for people: what is wrong, file and line, the written line, what to write instead.
    pub fn render(&self, colour: Colour) -> String {
        render::render(&self.sources, colour)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Colour::Never))
    }
}

impl std::error::Error for Problems {}

/// The values of all results, or the problems of all that failed.
pub(super) fn all<T>(
    results: impl IntoIterator<Item = Result<T, Problems>>,
) -> Result<Vec<T>, Problems> {
    let mut good = Vec::new();
    let mut bad: Option<Problems> = None;
    for result in results {
        match (result, &mut bad) {
            (Ok(value), _) => good.push(value),
            (Err(problems), Some(bad)) => bad.extend(problems),
            (Err(problems), None) => bad = Some(problems),
        }
    }
    bad.map_or(Ok(good), Err)
}
