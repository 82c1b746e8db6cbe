//! Cases that are functions, and the trials of cases.

use std::sync::Arc;

use libtest_mimic::Trial;
use netns_lab::namespace::HostNetwork;

use super::{Guest, Verdict, Work};
use crate::skip;

/// A case: runs in the guest, is told which namespace not to touch, and fails by a panic.
pub type Case = fn(HostNetwork);

/// Cases, named after their functions, below a prefix.
macro_rules! named_cases {
    ($prefix:literal: $($function:ident),+ $(,)?) => {
        vec![$((concat!($prefix, "::", stringify!($function)), $function as _)),+]
    };
}
pub(crate) use named_cases;

/// The one of this name, as the guest runs it.
pub fn find(cases: Vec<(&'static str, Case)>, name: &str) -> Option<Work> {
    let (_, case) = cases.into_iter().find(|(known, _)| *known == name)?;
    Some(Box::new(move |host| {
        case(host);
        String::new()
    }))
}

/// The same as trials on the host.
pub fn trials(cases: Vec<(&'static str, Case)>, guest: &Arc<Guest>) -> Vec<Trial> {
    let trial = |(name, _)| trial(guest, name, drop);
    cases.into_iter().map(trial).collect()
}

/// The trial of the case of this name, whose record is handed over if it went well.
pub fn trial(guest: &Arc<Guest>, name: impl Into<String>, record: fn(String)) -> Trial {
    let (guest, name) = (Arc::clone(guest), name.into());
    Trial::ignorable_test(name.clone(), move || match guest.run(&name) {
        Verdict::Passed(recorded) => {
            record(recorded);
            skip::conclude(Ok(()))
        }
        Verdict::Skipped(skipped) => skip::conclude(Err(skipped)),
        Verdict::Failed(why) => Err(why.into()),
    })
}
