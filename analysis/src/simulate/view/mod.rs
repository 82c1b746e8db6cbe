//! Outcomes for people and programs.

mod csv;
mod json;
mod text;
mod words;

pub use csv::csv;
pub use json::json;
pub use text::text;
