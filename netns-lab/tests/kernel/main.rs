//! Tests against a real kernel with IPVS: the one in a user-mode Linux guest.
//!
//! This executable is host and guest at once. On the host each trial is listed under its own name;
//! those below `driver::` and `closing::` run inside one guest, which is booted when the first of them
//! runs and has this executable as its init. Those below `ipvsadm::` run in another one, which also has the
//! real `ipvsadm`; those below `tutorial::` in one with `ab` and `nginx`; those below `conformance::`
//! in one whose kernel can be chosen. Those below `labs::` and `faults::` start `netns-lab` itself.

mod closing;
mod command;
mod conformance;
mod driver;
mod faults;
mod guest;
mod ipvsadm;
mod kernel;
mod labs;
mod skip;
mod tutorial;

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use libtest_mimic::Arguments;
use netns_lab::parts;

use guest::Guest;

/// A guest keeps one CPU busy; more than two at a time gain nothing on small machines.
const MOST_THREADS: usize = 2;

fn main() -> ExitCode {
    if let Some(code) = ipvsadm::play_ours() {
        return code;
    }
    if let Some(code) = parts::play(guest::serve) {
        return code;
    }
    let mut args = Arguments::from_args();
    args.test_threads = args.test_threads.or_else(|| {
        let cpus = thread::available_parallelism().map_or(1, NonZero::get);
        Some(cpus.min(MOST_THREADS))
    });
    let guest = Arc::new(Guest::new(kernel::engine));
    let with_ipvsadm = Arc::new(Guest::new(ipvsadm::engine));
    let with_schedulers = Arc::new(Guest::new(conformance::engine));
    let with_nginx = Arc::new(Guest::new(tutorial::engine));
    let trials = [
        driver::trials(&guest),
        closing::trials(&guest),
        ipvsadm::trials(&with_ipvsadm),
        conformance::trials(&with_schedulers),
        tutorial::trials(&with_nginx),
        skip::trials(labs::tests()),
        skip::trials(faults::tests()),
    ];
    let conclusion = libtest_mimic::run(&args, trials.into_iter().flatten().collect());
    guest.close();
    with_ipvsadm.close();
    with_schedulers.close();
    with_nginx.close();
    conclusion.exit_code()
}
