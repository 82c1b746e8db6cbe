//! A minimal HTTP real server that names itself and counts.
//!
//! A [`RealServer`] answers on listeners that its caller opened, so a lab can open them in any
//! network namespace and still run many real servers on one thread. Every response carries the
//! header [`SERVER_HEADER`], and [`RealServer::counters`] says exactly how many connections were
//! accepted and how many requests were answered.
//!
//! | path | answer |
//! |---|---|
//! | `/`, `/index.html` | a small page: the server's name |
//! | `/bytes/N` | a body of N bytes, at most 64 MiB |
//! | `/delay/MS` | the page after MS milliseconds, at most 60 000 |
//! | `/stats` | the [`Counters`] as JSON; not counted itself |

mod counters;
mod payload;
mod route;
mod serve;
mod server;

pub use counters::Counters;
pub use server::{Answers, RealServer, SERVER_HEADER, UnusableName};
