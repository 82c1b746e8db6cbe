//! Traces that are committed, for tests that need no kernel: `analysis/tests/traces/`.
//!
//! To record them anew: `UPDATE_GOLDEN=1 cargo test -p netns-lab --test kernel -- conformance::golden`,
//! and once more with each other kernel in `CONFORMANCE_KERNEL` for those that differ there.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use super::case::Case;
use super::{KERNEL, recorded};
use crate::guest::Guest;
use crate::skip;

/// Where they lie.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/tests/traces");
/// Set to have them written.
const UPDATE: &str = "UPDATE_GOLDEN";
/// The beginning of the cases' names.
pub const PREFIX: &str = "golden::";
/// Enough to tell a wrong model, few enough to be read.
const OPENINGS: usize = 400;

/// A trial for each trace, if they are to be written.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    if env::var_os(UPDATE).is_none() {
        return Vec::new();
    }
    let cases = if env::var_os(KERNEL).is_some() {
        super::matrix::golden_of_every_kernel()
    } else {
        super::matrix::golden()
    };
    let trial = |case: Case| {
        let guest = Arc::clone(guest);
        let name = format!("{}{PREFIX}{case}", super::PREFIX);
        Trial::ignorable_test(name.clone(), move || {
            let trace = match recorded(&guest, &name) {
                Ok(trace) => trace,
                Err(ending) => return ending,
            };
            super::must_conform(&trace, OPENINGS)?;
            let stem = case.to_string().replace("::", "-");
            let file = format!("{stem}-{}.trace", trace.header().kernel);
            let path = Path::new(FOLDER).join(file);
            fs::write(&path, trace.to_string())
                .map_err(|error| Failed::from(format!("{}: {error}", path.display())))?;
            skip::conclude(Ok(()))
        })
    };
    cases.into_iter().map(trial).collect()
}

/// The case of this name, in its short form.
pub fn find(name: &str) -> Option<Case> {
    let name = name.strip_prefix(PREFIX)?;
    let mut cases = super::matrix::golden().into_iter();
    let case = cases.find(|case| case.to_string() == name)?;
    Some(Case {
        openings: OPENINGS,
        ..case
    })
}
