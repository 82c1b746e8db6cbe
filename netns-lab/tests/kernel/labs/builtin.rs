//! The built-in experiments, with fewer requests, in one guest.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use analysis::record::parse_records;
use director_setup::Forwarding;
use netns_lab::exit;
use netns_lab::experiment::builtin;

use super::{assert_flawless, by_server};
use crate::command::{Finished, Sandbox};
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

/// Those in which the first real server has the highest weight and the scheduler heeds it.
const WEIGHTED: [&str; 4] = ["nat-wlc", "dr-wlc", "nat-wrr", "nat-sed"];
const REQUESTS: u64 = 1000;
const FILES: [&str; 4] = ["record.json", "hits.csv", "report.html", "report.md"];

pub fn tests() -> Vec<Test> {
    named_tests![
        "labs":
        the_built_in_experiments_pass_in_one_guest_and_all_witnesses_agree,
        the_heavier_real_server_answers_more_often_by_nat_and_by_direct_routing,
        each_family_of_schedulers_shares_as_its_summary_says,
        wrr_shares_exactly_and_every_single_pick_is_the_models,
        replies_pass_the_director_by_nat_and_bypass_it_by_direct_routing,
        latencies_and_stages_are_in_the_record,
        each_experiment_leaves_its_record_and_reports_in_a_folder_of_its_own,
    ]
}

fn names() -> Vec<&'static str> {
    builtin::all().iter().map(|builtin| builtin.name).collect()
}

/// A run of all of them, and the files that it left.
struct Run {
    finished: Finished,
    files: BTreeMap<(&'static str, &'static str), String>,
}

fn run() -> Result<&'static Run, Skipped> {
    static RUN: OnceLock<Run> = OnceLock::new();
    kernel::required()?;
    Ok(RUN.get_or_init(|| {
        let sandbox = Sandbox::new();
        let requests = REQUESTS.to_string();
        let flags = ["--engine", "uml", "--format", "json", "--out", "left"];
        let finished = sandbox.run(&[&names()[..], &flags, &["--requests", &requests]].concat());
        let names = names().into_iter();
        let paths = names.flat_map(|name| FILES.map(|file| (name, file)));
        let read = |(name, file)| {
            let path = sandbox.path("left").join(name).join(file);
            let text = fs::read_to_string(&path);
            let missing = |error| panic!("{}: {error}: {finished:#?}", path.display());
            ((name, file), text.unwrap_or_else(missing))
        };
        let files = paths.map(read).collect();
        Run { finished, files }
    }))
}

fn the_built_in_experiments_pass_in_one_guest_and_all_witnesses_agree() -> Outcome {
    let Run { finished, .. } = run()?;
    finished.assert_said(exit::PASS, &[]);
    let records = finished.records();
    let names: Vec<_> = records.iter().map(|it| it.experiment.as_str()).collect();
    assert_eq!(names, self::names());
    for record in &records {
        assert_flawless(record);
        assert_eq!(record.load.connections_attempted, REQUESTS);
    }
    let boots = finished.stderr.matches("up after").count();
    assert_eq!(boots, 1, "{}", finished.stderr);
    Ok(())
}

fn the_heavier_real_server_answers_more_often_by_nat_and_by_direct_routing() -> Outcome {
    for name in WEIGHTED {
        let servers = by_server(&run()?.finished.record(name));
        assert!(servers[0] > servers[1], "{name}: {servers:?}");
    }
    Ok(())
}

fn each_family_of_schedulers_shares_as_its_summary_says() -> Outcome {
    let finished = &run()?.finished;
    let servers = |name| by_server(&finished.record(name));
    let lc = servers("nat-lc");
    assert!(lc[0].abs_diff(lc[1]) <= REQUESTS / 20, "{lc:?}");
    assert_eq!(servers("nat-fo"), [0, REQUESTS, 0]);
    for hashed in ["nat-sh", "nat-mh-port"] {
        let [heavy, light] = servers(hashed)[..] else {
            panic!("{hashed} has two real servers")
        };
        assert!(heavy > light && light > REQUESTS / 10, "{hashed}: {light}");
    }
    let one_client = servers("dr-sh-one-client");
    assert!(one_client.contains(&REQUESTS), "{one_client:?}");
    let clients = 100;
    assert_eq!(servers("nat-persistent")[1], REQUESTS / clients * 20);
    Ok(())
}

fn wrr_shares_exactly_and_every_single_pick_is_the_models() -> Outcome {
    let record = run()?.finished.record("nat-wrr");
    assert_eq!(by_server(&record), [REQUESTS / 5 * 4, REQUESTS / 5]);
    let picks = record.pick_agreement.expect("by NAT every pick is known");
    assert_eq!((picks.compared, picks.agreed), (REQUESTS, REQUESTS));
    Ok(())
}

fn replies_pass_the_director_by_nat_and_bypass_it_by_direct_routing() -> Outcome {
    for record in run()?.finished.records() {
        let chosen = record.servers.iter();
        for server in chosen.filter(|server| server.kernel_connections > 0) {
            assert!(server.kernel_packets_in > 0, "{server:?}");
            let pass = server.kernel_packets_out > 0;
            assert_eq!(pass, record.service.forwarding == Forwarding::Nat);
        }
    }
    Ok(())
}

fn latencies_and_stages_are_in_the_record() -> Outcome {
    let records = run()?.finished.records();
    for record in &records {
        let latency = record.load.latency_us.expect("some were answered");
        let rising = [latency.p50, latency.p90, latency.p99, latency.p99_9];
        assert!(latency.p50 > 0 && rising.is_sorted(), "{latency:?}");
        assert!(latency.max >= latency.p99_9, "{latency:?}");
        assert!(record.load.requests_per_second.is_some_and(|it| it > 0.0));
        let stages: Vec<_> = record.stages.iter().map(|it| it.name.as_str()).collect();
        let without_boot = ["lab", "load", "settle", "report"];
        assert!(stages.ends_with(&without_boot), "{stages:?}");
    }
    let first = &records[0].stages[0];
    assert_eq!(first.name, "boot", "the boot is in the first record");
    Ok(())
}

fn each_experiment_leaves_its_record_and_reports_in_a_folder_of_its_own() -> Outcome {
    let Run { finished, files } = run()?;
    for name in names() {
        let file = |file| files[&(name, file)].as_str();
        let saved = parse_records(file("record.json")).expect("it can be read again");
        assert_eq!(saved, [finished.record(name)]);
        assert!(
            file("hits.csv").lines().count() > 2,
            "a head and a line each"
        );
        for server in &saved[0].servers {
            for report in ["hits.csv", "report.html", "report.md"] {
                assert!(file(report).contains(&server.name), "{name}: {report}");
            }
        }
        assert!(file("report.html").starts_with("<!"), "{name}");
        assert!(file("report.md").contains(name));
    }
    Ok(())
}
