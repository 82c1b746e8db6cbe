//! The case that the lab grew out of: `ab` against two `nginx` behind NAT and wlc, weights 4 and 1.
//! "The first server answers about four times as often": how often exactly depends on how many
//! connections are open at a time, and the model says so to the percent.
//!
//! The long run, whose table is in `docs/benchmarks.md`:
//! `TUTORIAL_REQUESTS=10000 cargo test -p netns-lab --test kernel -- tutorial --nocapture`.

mod outcome;
mod programs;
mod run;

use std::sync::Arc;

use libtest_mimic::Trial;
use netns_lab::engine::Uml;

use crate::guest::{Guest, Work, cases};
use crate::kernel;
use crate::skip::Skipped;

/// How many connections `ab` keeps open.
const CONCURRENCIES: [u32; 4] = [1, 10, 50, 200];
/// Requests of each case if nobody says otherwise.
const REQUESTS: u64 = 2_000;
/// Says otherwise.
const REQUESTS_VARIABLE: &str = "TUTORIAL_REQUESTS";
/// The beginning of the cases' names, which go on with concurrency and requests.
const PREFIX: &str = "tutorial::ab_c";

/// The guest with `ab` and `nginx`.
pub fn engine() -> Result<Uml, Skipped> {
    let extras = programs::required()?;
    Ok(kernel::engine()?.with_extras(extras))
}

/// What runs in the guest under this name.
pub fn find(name: &str) -> Option<Work> {
    let (concurrency, requests) = name.strip_prefix(PREFIX)?.split_once("_n")?;
    let (concurrency, requests) = (concurrency.parse().ok()?, requests.parse().ok()?);
    Some(Box::new(move |host| {
        let outcome = run::run(host, concurrency, requests);
        outcome.check();
        outcome.to_string()
    }))
}

/// The trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let requests = std::env::var(REQUESTS_VARIABLE).ok();
    let requests = requests
        .and_then(|requests| requests.parse().ok())
        .unwrap_or(REQUESTS);
    let names = CONCURRENCIES.map(|concurrency| format!("{PREFIX}{concurrency}_n{requests}"));
    let trial = |name: String| cases::trial(guest, name, |row| println!("{row}"));
    names.map(trial).into()
}
