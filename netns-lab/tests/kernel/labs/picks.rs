//! What a service may be told beyond its scheduler: every single pick is the model's, in one guest.

use std::fmt::Write;
use std::sync::OnceLock;

use analysis::Record;

use super::{by_server, kernel_connections};
use crate::command::{Finished, Sandbox};
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "labs":
        with_flags_persistence_and_thresholds_every_pick_is_the_models,
        a_source_hash_sends_every_client_to_one_real_server,
        a_full_real_server_gets_nothing_more,
        a_persistent_client_stays_with_its_real_server,
        a_netmask_makes_neighbours_one_client,
        the_scheduler_refuses_what_the_model_refuses,
    ]
}

const REQUESTS: u64 = 400;

/// An experiment in short: lines of the service, a table of lines for each real server, lines of
/// the load.
struct Case {
    name: &'static str,
    service: &'static str,
    servers: &'static [&'static str],
    load: &'static str,
}

const TWO: &[&str] = &["weight = 4", "weight = 1"];
const ONE_QUIESCED: &[&str] = &["weight = 4", "weight = 0", "weight = 1"];

const CASES: [Case; 19] = [
    case("sh-200-clients", "\"sh\"", TWO, "clients = 200"),
    case("sh-2000-clients", "\"sh\"", TWO, "clients = 2000"),
    case("sh-port", "\"sh\"\nflags = [\"sh-port\"]", TWO, ""),
    case(
        "sh-fallback",
        "\"sh\"\nflags = [\"sh-fallback\"]",
        ONE_QUIESCED,
        "clients = 200",
    ),
    case("mh", "\"mh\"", TWO, "clients = 200"),
    case("mh-port", "\"mh\"\nflags = [\"mh-port\"]", TWO, ""),
    case(
        "mh-fallback",
        "\"mh\"\nflags = [\"mh-port\", \"mh-fallback\"]",
        ONE_QUIESCED,
        "",
    ),
    case("dh", "\"dh\"", TWO, "clients = 50"),
    case("lblc", "\"lblc\"", TWO, "clients = 50"),
    case("lblcr", "\"lblcr\"", TWO, "clients = 50"),
    case("sed", "\"sed\"", TWO, "concurrency = 10"),
    case("nq", "\"nq\"", TWO, "concurrency = 10"),
    case("fo", "\"fo\"", TWO, "concurrency = 10"),
    case(
        "ovf",
        "\"ovf\"",
        &["weight = 6", "weight = 5"],
        "concurrency = 10",
    ),
    case(
        "persistent",
        "\"wrr\"\npersistent = 300",
        TWO,
        "clients = 50",
    ),
    case(
        "persistent-netmask",
        "\"rr\"\npersistent = 300\nnetmask = \"255.255.255.0\"",
        TWO,
        "clients = 50",
    ),
    case(
        "thresholds",
        "\"rr\"",
        &[
            "upper-threshold = 50\nlower-threshold = 30",
            "upper-threshold = 100",
            "",
        ],
        "",
    ),
    case(
        "refused-by-sh",
        "\"sh\"",
        &["weight = 1", "weight = 0"],
        "clients = 50\ngive-up-after = 400",
    ),
    case(
        "refused-when-full",
        "\"rr\"",
        &["upper-threshold = 50", "upper-threshold = 70"],
        "give-up-after = 400",
    ),
];

const fn case(
    name: &'static str,
    service: &'static str,
    servers: &'static [&'static str],
    load: &'static str,
) -> Case {
    Case {
        name,
        service,
        servers,
        load,
    }
}

/// The forwarding methods, each with a name for its experiments.
const METHODS: [&str; 2] = ["nat", "dr"];

impl Case {
    fn to_toml(&self, method: &str) -> String {
        let mut text = format!(
            "name = \"{method}-{}\"\n\
             [network]\nouter = \"10.0.0.0/16\"\n\
             [load]\nrequests = {REQUESTS}\n{}\n\
             [service]\nvip = \"10.0.0.1:80\"\nforwarding = \"{method}\"\nscheduler = {}\n",
            self.name, self.load, self.service
        );
        for (host, lines) in (2..).zip(self.servers) {
            let server = format!("[[server]]\naddress = \"192.168.1.{host}\"\n{lines}\n");
            text.write_str(&server).expect("a string takes everything");
        }
        text
    }
}

fn run() -> Result<&'static Finished, Skipped> {
    static RUN: OnceLock<Finished> = OnceLock::new();
    kernel::required()?;
    Ok(RUN.get_or_init(|| {
        let sandbox = Sandbox::new();
        sandbox.make_folder("picks");
        for case in &CASES {
            for method in METHODS {
                let file = format!("picks/{method}-{}.toml", case.name);
                sandbox.write(&file, &case.to_toml(method));
            }
        }
        sandbox.run(&["picks", "--engine", "uml", "--format", "json"])
    }))
}

/// The records of a case, by each forwarding method.
fn records(case: &str) -> Result<[Record; 2], Skipped> {
    let finished = run()?;
    Ok(METHODS.map(|method| finished.record(&format!("{method}-{case}"))))
}

fn with_flags_persistence_and_thresholds_every_pick_is_the_models() -> Outcome {
    let records = run()?.records();
    assert_eq!(records.len(), CASES.len() * METHODS.len());
    let differing: Vec<_> = records
        .iter()
        .filter(|record| {
            let scheduled = kernel_connections(record);
            let picks = record.pick_agreement.map(|it| (it.compared, it.agreed));
            picks != Some((scheduled, scheduled)) || !counts_are_the_models(record)
        })
        .map(|record| (&record.experiment, record.pick_agreement, &record.servers))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    Ok(())
}

/// Client, real server, kernel and model count the same connections for each real server.
fn counts_are_the_models(record: &Record) -> bool {
    record.servers.iter().all(|server| {
        let kernel = server.kernel_connections;
        let counts = [server.client_connections, server.server_connections];
        counts == [kernel; 2] && server.expected_connections == Some(kernel)
    })
}

fn a_source_hash_sends_every_client_to_one_real_server() -> Outcome {
    for case in ["sh-200-clients", "mh"] {
        for record in records(case)? {
            // 400 requests of 200 clients: two each.
            let servers = by_server(&record);
            let even = servers.iter().all(|connections| connections % 2 == 0);
            assert!(even && !servers.contains(&0), "{servers:?}");
        }
    }
    Ok(())
}

fn a_full_real_server_gets_nothing_more() -> Outcome {
    // What is closed is remembered for longer than the load lasts, and fills a server all the same.
    for record in records("thresholds")? {
        assert_eq!(by_server(&record), [50, 100, REQUESTS - 150]);
    }
    Ok(())
}

fn a_persistent_client_stays_with_its_real_server() -> Outcome {
    for record in records("persistent")? {
        // 50 clients of 8 connections each, shared 4:1.
        assert_eq!(by_server(&record), [40 * 8, 10 * 8]);
    }
    Ok(())
}

fn a_netmask_makes_neighbours_one_client() -> Outcome {
    for record in records("persistent-netmask")? {
        // 49 clients from 10.0.0.2 on are one; the 50th is 10.0.255.254.
        let mut servers = by_server(&record);
        servers.sort_unstable();
        assert_eq!(servers, [8, REQUESTS - 8]);
    }
    Ok(())
}

fn the_scheduler_refuses_what_the_model_refuses() -> Outcome {
    for case in ["refused-by-sh", "refused-when-full"] {
        for record in records(case)? {
            let scheduled = kernel_connections(&record);
            let load = &record.load;
            assert!(scheduled > 0 && load.failed > 0, "{load:?}");
            assert_eq!(scheduled + load.failed, load.connections_attempted);
            assert_eq!(load.connections_attempted, REQUESTS);
            let errors: Vec<_> = load.errors.iter().map(|it| it.code.as_str()).collect();
            assert_eq!(errors, ["connect-refused"], "{case}");
        }
    }
    for record in records("refused-when-full")? {
        assert_eq!(by_server(&record), [50, 70]);
    }
    Ok(())
}
