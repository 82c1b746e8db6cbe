//! Who closes a connection, and what becomes of its port: the load generator in network namespaces
//! of the guest, where the ports are few and a tap sees every FIN and RST.

mod place;
mod ports;
mod wire;

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use netns_lab::namespace::HostNetwork;

use crate::guest::{Guest, Verdict, Work};
use crate::skip;

/// A case: runs in the guest, is told which namespace not to touch, and fails by a panic.
type Case = fn(HostNetwork);

/// Cases, named after their functions.
macro_rules! named_cases {
    ($($function:ident),+ $(,)?) => {
        vec![$((concat!("closing::", stringify!($function)), $function as _)),+]
    };
}
use named_cases;

fn cases() -> Vec<(&'static str, Case)> {
    [ports::cases(), wire::cases()].concat()
}

/// The case of this name.
pub fn find(name: &str) -> Option<Work> {
    let (_, case) = cases().into_iter().find(|(known, _)| *known == name)?;
    Some(Box::new(move |host| {
        case(host);
        String::new()
    }))
}

/// The cases as trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let trial = |(name, _)| {
        let guest = Arc::clone(guest);
        Trial::ignorable_test(name, move || match guest.run(name) {
            Verdict::Passed(_) => skip::conclude(Ok(())),
            Verdict::Skipped(skipped) => skip::conclude(Err(skipped)),
            Verdict::Failed(why) => Err(Failed::from(why)),
        })
    };
    cases().into_iter().map(trial).collect()
}
