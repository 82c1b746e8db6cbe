//! The server stands still for a tenth of the time.

use std::time::Duration;

use crate::experiment::{Outcome, run};
use crate::named_tests;

/// One second in ten, in proportion: two seconds are enough to see it.
const STALL: (Duration, Duration) = (Duration::from_millis(1600), Duration::from_millis(200));
const SECONDS: f64 = 4.0;
const ATTEMPTS: usize = 5;

pub(crate) fn tests() -> Vec<(&'static str, fn())> {
    named_tests![
        an_open_loop_shows_in_p99_that_the_server_stalls,
        a_closed_loop_hides_it_and_shows_it_in_the_correction_beside,
    ]
}

fn stalled(options: &[&str]) -> Outcome {
    run(&[&["-k"], options].concat(), &[STALL; 2])
}

/// What p99 is if requests come evenly: one of a hundred comes so long before the end of a stall.
fn theory(outcome: &Outcome) -> f64 {
    let stalls = outcome.stops.iter();
    let stood: f64 = stalls.map(|stop| stop.least.as_secs_f64()).sum();
    (stood - 0.01 * SECONDS) / outcome.stops.len() as f64
}

fn an_open_loop_shows_in_p99_that_the_server_stalls() {
    // Those that are under way when a stall begins are too few to be seen.
    let outcome = stalled(&["--rate", "1000", "-n", "4000", "-c", "8"]);
    let (p99, theory) = (outcome.latency("total", 99), theory(&outcome));
    assert!(p99 >= 0.97 * theory, "{p99} s, theory {theory} s");
    assert!(outcome.latency("total", 50) < theory / 2.0);
}

fn a_closed_loop_hides_it_and_shows_it_in_the_correction_beside() {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let outcome = stalled(&["-c", "4", "--duration", "4s"]);
        let theory = theory(&outcome);
        let raw = outcome.latency("total", 99);
        let corrected = outcome.latency("corrected", 99);
        assert!(outcome.latency("total", 100) >= theory, "it did not stall");
        assert!(
            corrected >= 0.8 * theory,
            "{corrected} s, theory {theory} s"
        );
        // On a machine that does little else but something else, much is slow.
        if raw < theory / 4.0 {
            return;
        }
        seen.push(raw);
    }
    panic!("a closed loop shows the stall: {seen:?}");
}
