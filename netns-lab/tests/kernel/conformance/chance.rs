//! twos, which draws its servers: how often it picks each is compared with its chances.

use std::fs;
use std::sync::Arc;

use analysis::trace::draws;
use director_setup::Scheduler;
use libtest_mimic::{Failed, Trial};
use netns_lab::engine;

use super::case::{Case, Changes, Closing};
use super::{PREFIX, named_kernel, recorded};
use crate::guest::Guest;
use crate::skip;

/// Picks of each case; each is weighed by its own chances.
const OPENINGS: usize = 4_000;

/// In standard deviations of a server's picks. A kernel that draws as it should exceeds it, by the
/// normal distribution, with probability 2.0e-9 for each server: with 22 servers in 7 cases, in one
/// of 20 million runs.
const ALARM: f64 = 6.0;

/// The cases with twos.
pub fn cases() -> Vec<Case> {
    let case = |weights: &[u32]| Case {
        openings: OPENINGS,
        ..Case::new(Scheduler::PowerOfTwo, weights)
    };
    let vectors: [&[u32]; 4] = [&[1, 1, 1], &[4, 3, 2], &[5, 0, 3], &[20, 5, 1]];
    let mut cases: Vec<_> = vectors.map(case).to_vec();
    for closing in [Closing::Serial, Closing::Held] {
        cases.push(Case {
            closing,
            ..case(&[4, 3, 2])
        });
    }
    cases.push(Case {
        changes: Changes::Constant,
        ..case(&[4, 3, 2])
    });
    cases
}

/// Trials, if the guest's kernel has the module; Debian's has not (see `twos-kernel.sh`).
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    if !kernel_has_twos() {
        return vec![];
    }
    let trial = |case: Case| {
        let guest = Arc::clone(guest);
        let name = format!("{PREFIX}{case}");
        Trial::ignorable_test(name.clone(), move || match recorded(&guest, &name) {
            Ok(trace) => {
                let draws = draws(&trace).map_err(|error| Failed::from(error.to_string()))?;
                println!("{name}: {} deviations at most", draws.largest_deviation());
                assert!(draws.picks > OPENINGS as u64 / 2, "{draws:?}");
                assert_eq!(draws.impossible, 0, "{draws:?}");
                assert!(draws.largest_deviation() < ALARM, "{draws:?}");
                skip::conclude(Ok(()))
            }
            Err(ending) => ending,
        })
    };
    cases().into_iter().map(trial).collect()
}

fn kernel_has_twos() -> bool {
    let kernel = engine::find_kernel(named_kernel().as_deref());
    let Ok(Some((kernel, _))) = kernel else {
        return false;
    };
    let modules = fs::read_to_string(kernel.modules.join("modules.dep")).unwrap_or_default();
    modules.contains("/ip_vs_twos.ko")
}
