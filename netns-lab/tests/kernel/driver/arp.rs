//! The ARP problem of direct routing: the proof of the topology must see it.

use analysis::judge::Finding;
use analysis::{Verdict, judge};
use netns_lab::experiment::{ExperimentFlags, source};
use netns_lab::lab::{self, Setting};
use netns_lab::namespace::HostNetwork;
use netns_lab::topology::{self, Sysctl};

use super::{Case, named_cases};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver": a_real_server_that_answers_arp_for_the_vip_fails_the_proof]
}

/// Without the cure everything works for the client, and the director sees nothing of it.
fn a_real_server_that_answers_arp_for_the_vip_fails_the_proof(host: HostNetwork) {
    let flags = ExperimentFlags {
        requests: Some("200".to_owned()),
        ..ExperimentFlags::default()
    };
    let words = ["dr-wlc".to_owned()];
    let experiment = &source::experiments(&words, &flags).expect("the built-in is valid")[0];
    let mut topology = topology::plan(experiment);
    for server in &mut topology.real_servers {
        server
            .sysctls
            .retain(|setting| !setting.path.contains("/arp_"));
    }
    // The director could still answer first; with this it does not answer at all.
    let mute = Sysctl {
        path: "net/ipv4/conf/all/arp_ignore",
        value: "8",
    };
    topology.director.sysctls.push(mute);

    let setting = Setting {
        engine: "uml",
        kernel: "6.1",
    };
    let observation = lab::observe(host, setting, experiment, &topology, &mut |_| {});
    let observation = observation.expect("the lab comes to its end");
    assert_eq!(observation.load.requests_completed, 200, "{observation:#?}");
    let record = judge(&observation);
    assert_eq!(record.verdict, Verdict::Fail);
    let proof_failed =
        |reason: &analysis::record::Reason| matches!(reason.finding, Finding::ProofFailed { .. });
    assert!(
        record.reasons.iter().any(proof_failed),
        "{:#?}",
        record.reasons
    );
}
