//! The models against a second implementation that shares no code with them, and what has to hold
//! of any of them.

mod comparison;
mod kernel;
mod picks;
mod properties;
mod sequence;
