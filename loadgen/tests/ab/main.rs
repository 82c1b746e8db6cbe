//! The command in the manner of ab: against transcripts of ab, and against ab itself.

mod differential;
mod files;
mod golden;
mod options;
mod servers;
mod transcript;
mod verdicts;
