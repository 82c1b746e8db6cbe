//! The host's network stays as it is.

use std::collections::BTreeSet;
use std::fs;

use netns_lab::exit;
use netns_lab::namespace::NamespaceId;

use crate::command::Sandbox;
use crate::kernel;
use crate::skip::{Outcome, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests!["faults": a_run_leaves_the_hosts_network_as_it_was]
}

/// What a lab would change if it were built here.
#[derive(Debug, PartialEq)]
pub struct Network {
    namespace: NamespaceId,
    interfaces: BTreeSet<String>,
    routes: BTreeSet<String>,
    ip_forward: String,
    named_namespaces: BTreeSet<String>,
    listening: BTreeSet<String>,
}

impl Network {
    pub fn now() -> Self {
        let lines = |path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let interface = |line: &String| Some(line.split_once(':')?.0.trim().to_owned());
        let named = fs::read_dir("/run/netns").into_iter().flatten();
        Self {
            namespace: NamespaceId::current().expect("/proc is mounted"),
            interfaces: lines("/proc/net/dev")
                .iter()
                .filter_map(interface)
                .collect(),
            routes: lines("/proc/net/route"),
            ip_forward: fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap_or_default(),
            named_namespaces: named
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect(),
            listening: listening_on_port_80(&lines("/proc/net/tcp")),
        }
    }
}

/// The local addresses with port 80 that somebody listens on (state 0A in `/proc/net/tcp`).
fn listening_on_port_80(table: &BTreeSet<String>) -> BTreeSet<String> {
    let local = |line: &String| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (local, state) = (fields.get(1)?, fields.get(3)?);
        (*state == "0A" && local.ends_with(":0050")).then(|| (*local).to_owned())
    };
    table.iter().filter_map(local).collect()
}

fn a_run_leaves_the_hosts_network_as_it_was() -> Outcome {
    kernel::required()?;
    let before = Network::now();
    let flags = ["--engine", "uml", "--format", "json", "--requests", "100"];
    let finished = Sandbox::new().run(&[&["nat-wrr"][..], &flags].concat());
    let after = Network::now();
    finished.assert_said(exit::PASS, &[]);
    assert_eq!(after, before);
    Ok(())
}
