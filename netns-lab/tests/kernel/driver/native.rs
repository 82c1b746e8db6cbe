//! The native engine, in the only kernel with IPVS that is at hand: the guest's.

use analysis::{Record, Verdict};
use netns_lab::engine::{self, Native, Told};
use netns_lab::experiment::{ExperimentFlags, source};
use netns_lab::link::Outcome;
use netns_lab::namespace::HostNetwork;

use super::{Case, named_cases};
use crate::faults::Network;

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver": the_native_engine_runs_nat_and_dr_as_root_on_a_kernel_with_ipvs]
}

fn the_native_engine_runs_nat_and_dr_as_root_on_a_kernel_with_ipvs(_host: HostNetwork) {
    let native = Native::probe().expect("the guest has IPVS, and this is root");
    let flags = ExperimentFlags {
        requests: Some("500".to_owned()),
        ..ExperimentFlags::default()
    };
    let words = ["nat-wrr", "dr-wlc"].map(str::to_owned);
    let experiments = source::experiments(&words, &flags).expect("the built-ins are valid");
    let mut records: Vec<Record> = Vec::new();
    let tell = |told| {
        if let Told::Outcome(outcome) = told {
            match *outcome {
                Outcome::Judged(record) => records.push(*record),
                Outcome::Broken(breakage) => panic!("{breakage:?}"),
            }
        }
    };
    let before = Network::now();
    engine::run(&native, &experiments, |_| {}, tell).expect("the lab comes to its end");
    assert_eq!(
        Network::now(),
        before,
        "the network of whoever starts a native lab"
    );
    let verdicts: Vec<_> = records
        .iter()
        .map(|record| (record.engine.as_str(), record.verdict))
        .collect();
    assert_eq!(verdicts, [("native", Verdict::Pass); 2], "{records:#?}");
}
