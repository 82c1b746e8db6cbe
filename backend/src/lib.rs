//! An HTTP real server that names itself, counts, and behaves as badly as it is told to.
//!
//! A [`RealServer`] answers on listeners that its caller opened, so a lab can open them in any
//! network namespace and still run many real servers on one thread. Every response carries the
//! header [`SERVER_HEADER`], and [`RealServer::counters`] says exactly how many connections were
//! accepted and how many requests were answered. How it answers is a [`behaviour::Behaviour`].
//!
//! | path | answer |
//! |---|---|
//! | `/`, `/index.html` | a small page: the server's name; or a body of the behaviour's size |
//! | `/bytes/N` | a body of N bytes, at most 64 MiB |
//! | `/delay/MS` | the page after MS milliseconds, at most 60 000 |
//! | `/stats` | the [`Counters`] as JSON; not counted itself |
//! | `/metrics`, `/stats?format=openmetrics` | the same as `OpenMetrics` text |

pub mod behaviour;
mod counters;
mod general;
mod idle;
pub mod lean;
mod reply;
mod route;
mod serve;
mod server;
mod stats;
pub mod udp;
mod visit;

pub use behaviour::Answers;
pub use counters::{Counters, Responses};
pub use server::{Configuration, Engine, RealServer, SERVER_HEADER, UnusableName};
