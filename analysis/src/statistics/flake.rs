//! How likely a verdict fails a balancer that does what its model does, but for a few decisions.

use super::binomial::ln_upper_tail;
use crate::{Interval, Share};

/// The logarithm of the greatest chance that a share which should be `expected` fails by the
/// Wilson rule over `connections`, if each of these strays from the model with the chance `stray`
/// and every one that does strays the same way. Minus infinity: it cannot fail.
///
/// Near ties that fall the other way are such strays. Real ones pull both ways and are made up for
/// by the next decisions, so this errs on the side of alarm.
pub fn ln_flake_bound(connections: u64, expected: Share, tolerance: Share, stray: f64) -> f64 {
    let fails = |moved: u64, up: bool| fails(connections, expected, tolerance, moved, up);
    let needed = |up: bool| {
        // The least displacement that fails: whatever moves further fails as well.
        let (mut fine, mut failing) = (0, connections.saturating_add(1));
        while fine + 1 < failing {
            let middle = fine + (failing - fine) / 2;
            if fails(middle, up) {
                failing = middle;
            } else {
                fine = middle;
            }
        }
        failing
    };
    let least = needed(true).min(needed(false));
    ln_upper_tail(connections, stray, least)
}

/// Whether a share that is `moved` connections off its expectation fails.
fn fails(connections: u64, expected: Share, tolerance: Share, moved: u64, up: bool) -> bool {
    let Some(moved) = Share::of(moved, connections) else {
        return false;
    };
    let distance = if up { moved.get() } else { -moved.get() };
    let observed = expected.get() + distance;
    if !(0.0..=1.0).contains(&observed) {
        return false;
    }
    let interval = Interval::wilson_around(Share::clamped(observed), connections);
    interval.is_some_and(|interval| interval.excludes(expected, tolerance))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_IN_A_MILLION: f64 = -13.8155;

    /// 10,000 connections, two points: what the shipped experiments are judged by. Whatever share
    /// is expected, and with up to 32 real servers in the experiment.
    #[test]
    fn a_shipped_experiment_fails_by_chance_less_than_once_in_a_million_runs() {
        for percent in 0..=100 {
            let expected = Share::of(percent, 100).unwrap();
            let bound = ln_flake_bound(10_000, expected, Share::clamped(0.02), 0.01);
            assert!(
                bound + 32f64.ln() < ONE_IN_A_MILLION,
                "{percent} %: {bound}"
            );
        }
    }

    #[test]
    fn without_strays_nothing_fails_and_with_many_everything_does() {
        let half = Share::clamped(0.5);
        let bound = |stray| ln_flake_bound(10_000, half, Share::clamped(0.02), stray);
        assert!(bound(0.0).exp() <= 0.0);
        assert!(bound(0.5).exp() > 0.999);
        assert!(ln_flake_bound(0, half, half, 0.5).exp() <= 0.0);
    }

    /// Of 100 connections 50 ± 2 and the Wilson interval's 9.6 leave room up to 61.
    #[test]
    fn the_least_failing_displacement_is_the_verdicts_own() {
        let (half, tolerance) = (Share::clamped(0.5), Share::clamped(0.02));
        let least = (0..=50).find(|&moved| fails(100, half, tolerance, moved, true));
        let least = least.unwrap();
        let by_tail = ln_upper_tail(100, 0.1, least);
        let bound = ln_flake_bound(100, half, tolerance, 0.1);
        assert!(
            (bound - by_tail).abs() < 1e-12 && (11..13).contains(&least),
            "{least}"
        );
    }
}
