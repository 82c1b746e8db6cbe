//! Records for people and programs. Every view is a function of records alone.
//!
//! To add a format: write its file, and name it in [`Format`].

mod csv;
mod html;
mod json;
mod markdown;
mod plot;
mod text;
mod words;

use std::fmt;
use std::str::FromStr;

use crate::Record;

/// One way to show records.
pub trait View {
    /// The name of the file that holds this view in a folder of results.
    fn file_name(&self) -> &'static str;

    /// The view of these records, in this order.
    fn render(&self, records: &[Record]) -> Result<String, ViewError>;
}

/// Why a view could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// A record has no JSON form.
    #[error("writing a record as JSON")]
    Json(#[from] serde_json::Error),
    /// A line has no CSV form.
    #[error("writing a server as CSV")]
    Csv(#[from] ::csv::Error),
    /// The page could not be filled in.
    #[error("filling in the HTML page")]
    Html(#[from] askama::Error),
}

/// Whether text for a terminal is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Plain,
    /// ANSI escape sequences around the verdict.
    Ansi,
}

/// The formats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// One record a line.
    Json,
    /// One real server a line.
    Csv,
    /// For pull requests and job summaries.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format: use text, json, csv, markdown or html")]
pub struct UnknownFormat(String);

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Json,
        Self::Csv,
        Self::Markdown,
        Self::Html,
    ];

    /// The name by which a user asks for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// The view in this format; only text has colours.
    pub fn view(self, colour: Colour) -> Box<dyn View> {
        match self {
            Self::Text => Box::new(text::Text { colour }),
            Self::Json => Box::new(json::Json),
            Self::Csv => Box::new(csv::Csv),
            Self::Markdown => Box::new(markdown::Markdown),
            Self::Html => Box::new(html::Html),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests;
