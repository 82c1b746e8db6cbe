//! The drop-in `ipvsadm` of `director-setup` beside the real one, in a guest that has both.
//!
//! What the real program says and sends is also recorded, in `director-setup/tests/golden/`, for
//! tests that need no guest.

mod difference;
mod differential;
mod director;
mod golden;
mod links;
mod real;

use std::process::ExitCode;
use std::sync::Arc;

use director_setup::ipvsadm::{self, NAME};
use libtest_mimic::Trial;
use netns_lab::engine::Uml;

use crate::guest::{Guest, Work};
use crate::kernel;
use crate::skip::Skipped;

/// Modules besides a lab's: a device for the sync daemon, one that copies netlink messages, and the
/// persistence engine.
const MODULES: [&str; 3] = ["dummy", "nlmon", "ip_vs_pe_sip"];

/// Plays the drop-in if this executable was called by its name.
pub fn play_ours() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    ipvsadm::is_called(&program).then(|| ipvsadm::main(&program, words))
}

/// The guest with the real program.
pub fn engine() -> Result<Uml, Skipped> {
    let mut extras = real::required()?;
    extras.files.extend(golden::files());
    extras.modules = MODULES.map(str::to_owned).to_vec();
    Ok(kernel::engine()?.with_extras(extras))
}

/// What runs in the guest under this name.
pub fn find(name: &str) -> Option<Work> {
    golden::find(name).or_else(|| differential::find(name))
}

/// The trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let mut trials = golden::trials(guest);
    trials.extend(differential::trials(guest));
    trials
}
