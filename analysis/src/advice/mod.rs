//! What will surprise about a run, told before it begins.
//!
//! [`advise`] looks at a [`Plan`] alone: what is configured and what load is planned. It says only
//! what is true of this plan and moves some share by more than half a percentage point, or decides
//! whether the run can be judged at all.
//!
//! To add advice: a variant in [`Advice`], its words in `words.rs`, and the rule in the file of its
//! subject.

mod forecast;
mod hashing;
mod kinds;
mod load;
mod plan;
mod sample;
mod service;
#[cfg(test)]
mod tests;
mod words;

pub use kinds::{Advice, Key};
pub use plan::{Plan, PlannedServer};
pub(crate) use words::{percentages, ratios};

/// Half a percentage point: what moves a share by less needs no word.
pub(crate) const WORTH_A_WORD: f64 = 0.005;

/// Everything worth knowing before a run of this plan, the weightiest first.
///
/// A plan that the kernel would refuse, with a real server twice or thresholds out of order, gets
/// none.
pub fn advise(plan: &Plan) -> Vec<Advice> {
    if plan.real_servers().is_err() {
        return Vec::new();
    }
    if let Some(nobody) = service::nobody_is_eligible(plan) {
        return vec![nobody];
    }
    let mut all = hashing::advise(plan);
    all.extend(load::advise(plan));
    all.extend(service::advise(plan));
    all.extend(sample::advise(plan));
    all
}
