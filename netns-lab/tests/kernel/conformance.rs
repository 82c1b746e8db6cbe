//! The models of `analysis` against the kernel's schedulers, pick by pick.
//!
//! A case adds a service in a fresh namespace of the guest, opens connections to it strictly one
//! after the other, ends them in every way, changes its servers meanwhile, and records what the
//! kernel decided as a trace. On the host the trace is replayed through the model: every pick and
//! every count of open connections must be equal.
//!
//! The suite runs a fast set. Everything: `CONFORMANCE=full cargo test -p netns-lab --test kernel --
//! conformance::`; in another guest kernel:
//! `CONFORMANCE_KERNEL=/path/to/linux.uml`.

mod addresses;
mod case;
mod chance;
mod course;
mod datagrams;
mod golden;
mod matrix;
mod negative;
mod rig;
mod servers;

pub use rig::scheduled;

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use analysis::trace::{Conformance, Trace, TraceError, conform};
use libtest_mimic::{Completion, Failed, Trial};
use netns_lab::engine::{self, Uml};
use netns_lab::namespace::{HostNetwork, Lab, NamespaceError};
use netns_lab::topology::{Node, Topology};

use self::case::Case;
use self::course::Course;
use self::rig::Disturbed;
use crate::guest::{Guest, Verdict, Work};
use crate::kernel;
use crate::skip::{self, Skipped};

/// How many decisions are compared in each case.
const OPENINGS: usize = 2_000;
/// How often a case that is disturbed is tried.
const ATTEMPTS: usize = 3;
/// The beginning of the cases' names.
const PREFIX: &str = "conformance::";
/// Set to `full` to run every case.
const SET: &str = "CONFORMANCE";
/// Names another guest kernel's executable.
const KERNEL: &str = "CONFORMANCE_KERNEL";

/// The guest's kernel: the usual one, or the one that the user names.
pub fn engine() -> Result<Uml, Skipped> {
    let Some(executable) = named_kernel() else {
        return kernel::engine();
    };
    match engine::find_kernel(Some(&executable)) {
        Ok(Some((kernel, source))) => Ok(Uml::new(kernel, source)),
        Ok(None) => unreachable!("a kernel that is named is found or an error"),
        Err(error) => Err(Skipped(format!("{KERNEL}: {error}"))),
    }
}

/// The kernel that the user names.
fn named_kernel() -> Option<PathBuf> {
    env::var_os(KERNEL).map(PathBuf::from)
}

/// What runs in the guest under this name.
pub fn find(name: &str) -> Option<Work> {
    let name = name.strip_prefix(PREFIX)?;
    let named = |case: &Case| case.to_string() == name;
    let cases = || matrix::full().into_iter().chain(chance::cases());
    let case = golden::find(name).or_else(|| cases().find(named))?;
    Some(Box::new(move |host| record(host, &case).to_string()))
}

/// Records a case; once more if it was disturbed.
fn record(host: HostNetwork, case: &Case) -> Trace {
    let mut attempts = (0..ATTEMPTS).map(|_| attempt(host, case));
    let trace = attempts.find_map(Result::ok);
    trace.expect("some attempt is undisturbed")
}

fn attempt(host: HostNetwork, case: &Case) -> Result<Trace, Disturbed> {
    let lab = Lab::build(host, &topology()).expect("the guest makes namespaces");
    let director = &lab.director.namespace;
    let recorded = director.run::<_, NamespaceError>(host, |inside| Ok(Course::run(inside, case)));
    recorded.expect("the namespace can be entered")
}

/// One host that is everything; the client that every topology has stays idle.
fn topology() -> Topology {
    let node = |name: &str, loopback: &str| Node {
        name: name.to_owned(),
        sysctls: vec![],
        interfaces: vec![],
        loopback: vec![loopback.parse().expect("it is a network")],
        routes: vec![],
    };
    Topology {
        client: node("idle", "10.255.255.255/32"),
        director: node("director", "10.255.255.255/8"),
        real_servers: vec![],
        switches: vec![],
    }
}

/// The trials on the host.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let is_full = env::var(SET).is_ok_and(|set| set == "full");
    let cases = if is_full {
        matrix::full()
    } else {
        matrix::fast()
    };
    let trial = |case: Case| {
        let guest = Arc::clone(guest);
        let name = format!("{PREFIX}{case}");
        Trial::ignorable_test(name.clone(), move || match recorded(&guest, &name) {
            Ok(trace) => must_conform(&trace, case.openings),
            Err(ending) => ending,
        })
    };
    let mut trials: Vec<_> = cases.into_iter().map(trial).collect();
    trials.extend(chance::trials(guest));
    trials.push(negative::trial(guest));
    trials.extend(golden::trials(guest));
    trials
}

/// The trace of the case of this name; the error is how its trial ends without one.
///
/// A scheduler that draws its picks is judged by [`Trace::picks`].
fn recorded(guest: &Guest, name: &str) -> Result<Trace, Result<Completion, Failed>> {
    match guest.run(name) {
        Verdict::Passed(text) => text.parse().map_err(|error: TraceError| Err(error.into())),
        Verdict::Skipped(skipped) => Err(skip::conclude(Err(skipped))),
        Verdict::Failed(why) => Err(Err(Failed::from(why))),
    }
}

/// Every pick is equal, and there are as many as the case is long.
fn must_conform(trace: &Trace, openings: usize) -> Result<Completion, Failed> {
    let conformance = conform(trace)?;
    let Conformance { picks, counts, .. } = conformance;
    if let Some(disagreement) = conformance.first_disagreement {
        return Err(Failed::from(format!(
            "{} on {}: {} of {} picks agree; {disagreement}",
            trace.header().scheduler,
            trace.header().kernel,
            picks.agreed,
            picks.compared,
        )));
    }
    assert_eq!(picks.compared, openings as u64, "each opening is compared");
    assert!(counts.compared > 0, "no counts were compared");
    skip::conclude(Ok(()))
}
