//! Who closes a connection, and what becomes of its port: the load generator in network namespaces
//! of the guest, where the ports are few and a tap sees every FIN and RST.

mod place;
mod ports;
mod wire;

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::guest::cases::{self, Case, named_cases};
use crate::guest::{Guest, Work};

fn cases() -> Vec<(&'static str, Case)> {
    [ports::cases(), wire::cases()].concat()
}

/// The case of this name.
pub fn find(name: &str) -> Option<Work> {
    cases::find(cases(), name)
}

/// The cases as trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    cases::trials(cases(), guest)
}
