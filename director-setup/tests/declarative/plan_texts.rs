//! Plans as people and programs read them.

use std::time::Duration;

use director_setup::configuration::Configuration;
use director_setup::plan::{Drain, Options, Plan, Removal, Unnamed, plan};

use super::model::Table;

const ACTUAL: &str = r#"
sync_daemon = [{ role = "master", interface = "eth0", sync_id = 1 }]
[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "wlc"
server = [
  { address = "192.168.1.2", forwarding = "nat" },
  { address = "192.168.1.3", forwarding = "nat", weight = 4, thresholds = { upper = 9 } },
  { address = "192.168.1.4", forwarding = "nat", weight = 2 },
]
[[service]]
fwmark = 5
scheduler = "rr"
server = [{ address = "192.168.1.2", forwarding = "dr" }]
"#;

const WANTED: &str = r#"
sync_daemon = [{ role = "master", interface = "eth1", sync_id = 1 }]
[timeouts]
tcp = 600
[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "sh"
flags = ["sh-port"]
persistence = { timeout = 300, netmask = "255.255.255.0" }
server = [
  { address = "192.168.1.2", forwarding = "tun", tunnel = { type = "gue", port = 6080 } },
  { address = "192.168.1.4", forwarding = "nat", weight = 2 },
  { address = "192.168.1.5", forwarding = "nat", weight = 3, thresholds = { upper = 9, lower = 3 } },
]
[[service]]
protocol = "udp"
address = "[2001:db8::1]:53"
scheduler = "rr"
flags = ["one-packet"]
"#;

fn read(text: &str) -> Configuration {
    let reviewed = Configuration::parse("web.toml", text).expect("the text is right");
    assert_eq!(reviewed.warnings, []);
    reviewed.configuration
}

fn planned(options: &Options) -> Plan {
    let actual = Table::filled(&read(ACTUAL)).configuration();
    plan(&actual, &read(WANTED), options)
}

#[test]
fn each_step_says_what_differs() {
    insta::assert_snapshot!(planned(&Options::default()), @r"
    set the timeouts: tcp 900 s -> 600 s
    edit service tcp 192.168.0.1:80: scheduler wlc -> sh, flags none -> sh-port, persistence none -> 300 s by 255.255.255.0
    add real server 192.168.1.5:80 to tcp 192.168.0.1:80: forwarding nat, weight 3, thresholds 9 to 3
    edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: forwarding nat -> tun, tunnel ipip -> gue port 6080
    add service udp [2001:db8::1]:53: scheduler rr, flags one-packet
    stop the master sync daemon: interface eth0 -> eth1 (to start it anew)
    start the master sync daemon on eth1: sync_id 1
    ");
}

#[test]
fn what_is_not_named_is_deleted_if_that_is_asked_for() {
    let options = Options {
        unnamed: Unnamed::Delete,
        ..Options::default()
    };
    let steps: Vec<String> = planned(&options)
        .steps()
        .iter()
        .map(ToString::to_string)
        .collect();
    let deletions: Vec<_> = steps
        .into_iter()
        .filter(|step| step.starts_with("delete"))
        .collect();
    insta::assert_snapshot!(deletions.join("\n"), @r"
    delete real server 192.168.1.3:80 from tcp 192.168.0.1:80
    delete service fwmark 5 ipv4: its real server too
    ");
}

#[test]
fn a_plan_that_drains_deletes_last() {
    let options = Options {
        unnamed: Unnamed::Delete,
        removal: Removal::Drained(Drain::within(Duration::from_secs(30))),
    };
    let text = planned(&options).to_string();
    let from = text
        .find("edit real server 192.168.1.3")
        .expect("it is quiesced");
    insta::assert_snapshot!(&text[from..], @r"
    edit real server 192.168.1.3:80 of tcp 192.168.0.1:80: weight 4 -> 0 (to drain it)
    edit real server 192.168.1.2:0 of fwmark 5 ipv4: weight 1 -> 0 (to drain it)
    wait until 2 real servers are without connections, at most 30 s
    delete real server 192.168.1.3:80 from tcp 192.168.0.1:80
    delete service fwmark 5 ipv4: its real server too
    stop the master sync daemon: interface eth0 -> eth1 (to start it anew)
    start the master sync daemon on eth1: sync_id 1
    ");
}

#[test]
fn the_json_of_a_plan_is_a_list_of_changes_with_their_texts() {
    let plan = planned(&Options::default());
    let json = serde_json::to_value(&plan).expect("it has only plain values");
    assert_eq!(json[0]["change"], "set-timeouts");
    assert_eq!(json[0]["timeouts"]["tcp"], 600);
    assert_eq!(json[0]["text"], "set the timeouts: tcp 900 s -> 600 s");
    assert_eq!(json[1]["change"], "edit-service");
    assert_eq!(json[1]["service"]["scheduler"], "sh");
    let changes: Vec<director_setup::Change> =
        serde_json::from_value(json).expect("a text more does not matter");
    assert_eq!(changes.len(), plan.steps().len());
}
