//! The server is stopped for one of five seconds at 1000 requests per second.
//!
//! A thousand of five thousand requests come while it stands still, evenly spread: the share of
//! requests that take longer than x is (stop - x) / 5 s. So 10 % take longer than 0.5 s, 5 % longer
//! than 0.75 s and 1 % longer than 0.95 s.

use std::time::Duration;

use crate::experiment::{Outcome, run};
use crate::named_tests;

const RATE: f64 = 1000.0;
const SECONDS: f64 = 5.0;
const REQUESTS: u64 = 5000;
const PERCENTILES: [u8; 3] = [90, 95, 99];
/// What the percentiles may be off.
const TOLERANCE: f64 = 0.03;
/// How often a machine that does something else at the moment is asked again.
const ATTEMPTS: usize = 5;

pub(crate) fn tests() -> Vec<(&'static str, fn())> {
    named_tests![
        a_stop_is_in_every_percentile_with_a_connection_for_each_waiting_request,
        a_stop_is_in_every_percentile_with_the_connections_that_an_open_loop_has_by_itself,
    ]
}

fn a_stop_is_in_every_percentile_with_a_connection_for_each_waiting_request() {
    assert_truth(&["-c", "1000"]);
}

fn a_stop_is_in_every_percentile_with_the_connections_that_an_open_loop_has_by_itself() {
    assert_truth(&[]);
}

/// The command's percentiles are those of the theory, for the stop as it was measured.
///
/// The theory lets the server catch up in no time. Where it did not, the machine was busy, and that
/// is asked again. If it stays busy, the command has to agree with the server's own log.
fn assert_truth(options: &[&str]) {
    let (requests, rate) = (REQUESTS.to_string(), RATE.to_string());
    let load = ["-k", "-n", &requests, "--rate", &rate];
    let load = [&load[..], options].concat();
    let mut busy = Vec::new();
    for _ in 0..ATTEMPTS {
        let outcome = run(&load, &[(Duration::from_secs(2), Duration::from_secs(1))]);
        assert_eq!(outcome.completed(), REQUESTS);
        let found = PERCENTILES.map(|percentile| Found::of(&outcome, percentile));
        for found in &found {
            assert!(found.is_honest(), "{found:?}");
        }
        if found.iter().all(Found::is_as_in_theory) {
            return;
        }
        busy.push(found);
    }
    let agreed = |found: &[Found; 3]| found.iter().all(Found::is_as_by_server);
    assert!(
        busy.iter().any(agreed),
        "never within {TOLERANCE}: {busy:#?}"
    );
    eprintln!("the machine is too busy for the theory: {busy:?}");
}

/// A percentile in seconds.
#[derive(Debug)]
struct Found {
    command: f64,
    /// By the theory, for the shortest and the longest stop that it can have been.
    theory: (f64, f64),
    /// By the server's log, at the earliest and at the latest.
    server: (f64, f64),
}

impl Found {
    fn of(outcome: &Outcome, percentile: u8) -> Self {
        let stop = outcome.stops[0];
        let theory =
            |stop: Duration| stop.as_secs_f64() - (1.0 - f64::from(percentile) / 100.0) * SECONDS;
        Self {
            command: outcome.latency("total", percentile),
            theory: (theory(stop.least), theory(stop.most)),
            server: outcome.truth(RATE, percentile),
        }
    }

    /// Nothing is left out, whatever else the machine does.
    fn is_honest(&self) -> bool {
        let least = self.theory.0.max(self.server.0);
        self.command >= (1.0 - TOLERANCE) * least
    }

    fn is_as_in_theory(&self) -> bool {
        self.command <= (1.0 + TOLERANCE) * self.theory.1
    }

    fn is_as_by_server(&self) -> bool {
        self.command <= (1.0 + TOLERANCE) * self.server.1
    }
}
