//! The command in the manner of ab: against transcripts of ab, and against ab itself.

mod bad_input;
mod beyond;
mod command;
mod datagrams;
mod differential;
mod every_option;
mod files;
mod golden;
mod options;
mod reported;
mod secure;
mod servers;
mod terminal;
mod transcript;
mod verdicts;
