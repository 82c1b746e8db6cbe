//! Labs of one to a hundred real servers, from a folder of experiment files, in one guest.

use std::fmt::Write;
use std::sync::OnceLock;

use analysis::advice::Advice;
use netns_lab::exit;

use super::{assert_flawless, by_server};
use crate::command::{Finished, Sandbox};
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "labs":
        a_folder_of_experiments_of_all_sizes_passes_in_one_guest,
        one_real_server_gets_everything,
        three_real_servers_get_their_weights,
        sixteen_real_servers_get_their_weights_by_direct_routing,
        a_hundred_real_servers_get_the_same_each,
        a_real_server_of_weight_0_gets_nothing,
        lc_ignores_weights_and_says_so,
        a_kept_connection_is_scheduled_once_and_carries_many_requests,
    ]
}

/// An experiment file in short.
struct Written {
    name: &'static str,
    forwarding: &'static str,
    scheduler: &'static str,
    weights: Vec<u32>,
    load: &'static str,
}

impl Written {
    fn nat(name: &'static str, scheduler: &'static str, weights: &[u32]) -> Self {
        Self {
            name,
            forwarding: "nat",
            scheduler,
            weights: weights.to_vec(),
            load: "requests = 1000",
        }
    }

    fn to_toml(&self) -> String {
        let mut text = format!(
            "name = \"{}\"\n\
             [service]\nvip = \"192.168.0.1:80\"\nscheduler = \"{}\"\nforwarding = \"{}\"\n\
             [load]\n{}\n",
            self.name, self.scheduler, self.forwarding, self.load
        );
        for (host, weight) in (2..).zip(&self.weights) {
            let written = write!(
                text,
                "[[server]]\naddress = \"192.168.1.{host}\"\nweight = {weight}\n"
            );
            written.expect("a string takes everything");
        }
        text
    }
}

fn experiments() -> Vec<Written> {
    vec![
        Written::nat("one", "rr", &[1]),
        Written::nat("three", "wrr", &[5, 3, 2]),
        Written {
            forwarding: "dr",
            load: "requests = 1360",
            ..Written::nat("sixteen", "wrr", &(1..=16).collect::<Vec<_>>())
        },
        Written::nat("hundred", "rr", &[1; 100]),
        Written::nat("quiesced", "wrr", &[3, 0, 1]),
        Written::nat("lc", "lc", &[4, 1]),
        Written {
            load: "requests = 1000\nconcurrency = 4\nconnections = \"keep-alive\"",
            ..Written::nat("kept", "rr", &[1, 1])
        },
    ]
}

fn run() -> Result<&'static Finished, Skipped> {
    static RUN: OnceLock<Finished> = OnceLock::new();
    kernel::required()?;
    Ok(RUN.get_or_init(|| {
        let sandbox = Sandbox::new();
        sandbox.make_folder("experiments");
        for experiment in experiments() {
            let file = format!("experiments/{}.toml", experiment.name);
            sandbox.write(&file, &experiment.to_toml());
        }
        sandbox.run(&["experiments", "--engine", "uml", "--format", "json"])
    }))
}

/// The connections that the real servers of an experiment got.
fn connections(experiment: &str) -> Result<Vec<u64>, Skipped> {
    Ok(by_server(&run()?.record(experiment)))
}

fn a_folder_of_experiments_of_all_sizes_passes_in_one_guest() -> Outcome {
    let finished = run()?;
    finished.assert_said(exit::PASS, &[]);
    let records = finished.records();
    assert_eq!(records.len(), experiments().len());
    records.iter().for_each(assert_flawless);
    Ok(())
}

fn one_real_server_gets_everything() -> Outcome {
    assert_eq!(connections("one")?, [1000]);
    Ok(())
}

fn three_real_servers_get_their_weights() -> Outcome {
    assert_eq!(connections("three")?, [500, 300, 200]);
    Ok(())
}

fn sixteen_real_servers_get_their_weights_by_direct_routing() -> Outcome {
    let ten_cycles: Vec<u64> = (1..=16).map(|weight| weight * 10).collect();
    assert_eq!(connections("sixteen")?, ten_cycles);
    Ok(())
}

fn a_hundred_real_servers_get_the_same_each() -> Outcome {
    assert_eq!(connections("hundred")?, [10; 100]);
    Ok(())
}

fn a_real_server_of_weight_0_gets_nothing() -> Outcome {
    assert_eq!(connections("quiesced")?, [750, 0, 250]);
    let advised = advice("quiesced")?;
    assert!(
        advised
            .iter()
            .any(|it| matches!(it, Advice::Quiesced { server } if server == "rs2")),
        "{advised:?}"
    );
    Ok(())
}

fn lc_ignores_weights_and_says_so() -> Outcome {
    let record = run()?.record("lc");
    for server in &record.servers {
        let share = server.observed_share.expect("there were connections").get();
        assert!((share - 0.5).abs() <= record.tolerance.get(), "{server:?}");
    }
    let advised = advice("lc")?;
    assert!(
        advised
            .iter()
            .any(|it| matches!(it, Advice::WeightsIgnored { .. })),
        "{advised:?}"
    );
    Ok(())
}

fn advice(experiment: &str) -> Result<Vec<Advice>, Skipped> {
    let notes = run()?.record(experiment).advice.into_iter();
    Ok(notes.map(|note| note.advice).collect())
}

fn a_kept_connection_is_scheduled_once_and_carries_many_requests() -> Outcome {
    let record = run()?.record("kept");
    assert!(record.load.keep_alive);
    assert!(record.load.connections_attempted < record.load.requests / 10);
    for server in &record.servers {
        assert!(server.kernel_connections > 0, "{server:?}");
        assert!(
            server.client_requests > server.kernel_connections,
            "{server:?}"
        );
    }
    Ok(())
}
