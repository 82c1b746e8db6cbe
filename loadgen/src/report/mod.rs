//! A report as text and as JSON.

mod json;
mod text;
