//! Experiments and changes from flags.

use clap::Parser;
use director_setup::{Netmask, ServiceFlags, Thresholds};

use super::super::{
    Answers, Clients, ConnectionMode, Experiment, ExperimentFile, ExperimentFlags, builtin,
};

/// A command with these flags only.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Command {
    #[command(flatten)]
    flags: ExperimentFlags,
}

fn flags(line: &str) -> ExperimentFlags {
    let command = Command::try_parse_from(line.split_whitespace());
    command.unwrap_or_else(|error| panic!("{error}")).flags
}

/// The experiment of these flags.
fn meaning(line: &str) -> Experiment {
    let parsed = ExperimentFile::from(&flags(line)).parse();
    parsed.unwrap_or_else(|problems| panic!("{problems}"))
}

/// What is wrong with these flags.
fn judged(line: &str) -> String {
    let problems = ExperimentFile::from(&flags(line)).parse();
    problems.expect_err("the flags are wrong").to_string()
}

/// The built-in NAT experiment, changed by these flags.
fn changed(line: &str) -> Result<Experiment, String> {
    let file = builtin::find("nat-wlc").expect("it is built in").file();
    let parsed = file.override_with(&flags(line)).parse();
    parsed.map_err(|problems| problems.to_string())
}

#[test]
fn no_flags_are_nat_with_wlc_over_two_equal_servers() {
    assert!(flags("").is_empty());
    let experiment = meaning("");
    assert_eq!(experiment.name, "adhoc-nat-wlc");
    assert_eq!(experiment.summary, "wlc over nat, weights 1, 1");
    assert_eq!(experiment.service.vip.to_string(), "192.168.0.1:80");
    assert_eq!(experiment.servers[1].address.to_string(), "192.168.1.3:80");
}

#[test]
fn every_flag_is_heard() {
    let line = "--mode dr --scheduler sed --weights 4,0,1 -n 500 -c 7 -k --path /x --timeout 1s \
                --time-limit 5m --tolerance 0.5 --silent rs2 --refusing rs3";
    assert!(!flags(line).is_empty());
    let experiment = meaning(line);
    assert_eq!(experiment.name, "adhoc-dr-sed");
    assert_eq!(experiment.summary, "sed over dr, weights 4, 0, 1");
    let load = &experiment.load;
    assert_eq!((load.requests, load.concurrency), (500, 7));
    assert_eq!(load.connections, ConnectionMode::KeepAlive);
    assert_eq!((load.path.as_str(), load.timeout.as_secs()), ("/x", 1));
    assert_eq!(load.time_limit.as_secs(), 300);
    assert_eq!(experiment.expect.tolerance.to_string(), "0.5");
    let answers: Vec<_> = experiment
        .servers
        .iter()
        .map(|server| server.answers)
        .collect();
    assert_eq!(
        answers,
        [Answers::Normally, Answers::Never, Answers::Refuses]
    );
}

#[test]
fn every_flag_of_the_service_is_heard() {
    let experiment = meaning(
        "--scheduler sh --flags sh-port,sh-fallback --persistent 5m --netmask 255.255.255.0 \
         --weights 2,1 --upper-thresholds 9,0 --lower-thresholds 5,0 --clients 200",
    );
    let service = &experiment.service;
    assert_eq!(
        service.flags,
        ServiceFlags::SH_PORT | ServiceFlags::SH_FALLBACK
    );
    let persistence = service.persistence.as_ref().expect("it was asked for");
    assert_eq!(persistence.timeout_seconds, 300);
    assert_eq!(
        persistence.netmask,
        Netmask::Ipv4([255, 255, 255, 0].into())
    );
    let thresholds = experiment.servers.iter().map(|it| it.thresholds);
    let expected = [Thresholds { upper: 9, lower: 5 }, Thresholds::default()];
    assert_eq!(thresholds.collect::<Vec<_>>(), expected);
    assert_eq!(experiment.load.clients, Clients::Exactly(200));
    assert_eq!(experiment.network.outer.to_string(), "192.168.0.0/24");
}

#[test]
fn wrong_flags_of_the_service_are_all_reported() {
    insta::assert_snapshot!(
        judged(
            "--scheduler sh --flags sh-prot,one-packet --persistent 0 --netmask /24 \
             --upper-thresholds 9 --lower-thresholds 10,x --clients 0"
        ),
        @"
        error: --upper-thresholds: 2 real servers need as many thresholds, not 1
        help: write one for each, in their order: 0 is no limit

        error: --flags: `sh-prot` is not a flag of the scheduler sh
        help: did you mean `sh-port`? the flags of sh are `sh-fallback` and `sh-port`

        error: --flags: one-packet is of effect with UDP only, and the lab speaks TCP
        help: leave it out: every TCP connection is scheduled once

        error: --netmask: `/24` is not an IPv4 netmask
        help: write four numbers from 0 to 255, such as 255.255.255.0

        error: --persistent: less than 1 is not possible
        help: write a whole number from 1 to 86400

        error: --lower-thresholds: a lower threshold of 10 is above the upper one of 9
        help: write an `upper-threshold` that is at least as high, or leave this one out: then a full server gets connections again below three quarters of the upper

        error: --lower-thresholds: `x` is not a whole number
        help: write a whole number from 0 to 4294967295

        error: --clients: less than 1 is not possible
        help: write a whole number from 1 to 1000000
        "
    );
}

#[test]
fn many_clients_get_a_large_network_and_a_vip_in_it() {
    let experiment = meaning("--clients 5000");
    assert_eq!(experiment.service.vip.to_string(), "10.0.0.1:80");
    assert_eq!(experiment.network.outer.to_string(), "10.0.0.0/16");
    let few = meaning("--clients 253");
    assert_eq!(few.network.outer.to_string(), "192.168.0.0/24");
    insta::assert_snapshot!(judged("--clients 70000"), @r#"
    error: --clients: the outer network 10.0.0.0/16 has room for 65533 clients, not for 70000
    help: write at most 65533, or take a larger network: `vip = "10.0.0.1:80"`, `outer = "10.0.0.0/15"`
    "#);
}

#[test]
fn another_scheduler_drops_the_flags_of_the_file() {
    let file = builtin::find("nat-mh-port").expect("it is built in").file();
    let changed = file.override_with(&flags("--scheduler rr")).parse();
    let experiment = changed.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(experiment.service.flags, ServiceFlags::NONE);
}

#[test]
fn many_weights_get_a_large_network() {
    let weights = vec!["1"; 1000].join(",");
    let experiment = meaning(&format!("--weights {weights}"));
    assert_eq!(experiment.network.inner.to_string(), "10.1.0.0/16");
    assert_eq!(experiment.network.director.to_string(), "10.1.0.1");
    assert_eq!(experiment.servers[999].address.to_string(), "10.1.3.233:80");
    let few = meaning(&format!("--weights {}", vec!["1"; 252].join(",")));
    assert_eq!(few.network.inner.to_string(), "192.168.1.0/24");
    insta::assert_snapshot!(judged(&format!("--weights {weights},1")), @"
    error: --weights: 1001 real servers are too many
    help: use at most 1000: a Linux bridge has 1024 ports
    ");
}

#[test]
fn wrong_flags_are_all_reported() {
    insta::assert_snapshot!(
        judged(
            "--mode tun --scheduler wlcc --weights 4,-1,70000,x, --requests 1e4 --timeout 2 \
             --path index.html --tolerance 5%"
        ),
        @"
        error: --scheduler: IPVS has no scheduler `wlcc`
        help: did you mean `wlc`? the schedulers are `rr`, `wrr`, `lc`, `wlc`, `fo`, `ovf`, `lblc`, `lblcr`, `dh`, `sh`, `mh`, `sed`, `nq` and `twos`

        error: --mode: forwarding by `tun`, IP tunnelling, is not there yet
        help: use `nat` or `dr`

        error: --weights: less than 0 is not possible
        help: write a whole number from 0 to 65535

        error: --weights: more than 65535 is not possible
        help: write a whole number from 0 to 65535

        error: --weights: `x` is not a whole number
        help: write a whole number from 0 to 65535

        error: --weights: `` is not a whole number
        help: write a whole number from 0 to 65535

        error: --requests: `1e4` is not a whole number
        help: write a whole number from 1 to 100000000

        error: --path: the path `index.html` does not begin with `/`
        help: write the path only, such as /index.html

        error: --timeout: `2` is not a time
        help: write a number and its unit, such as 2s or 500ms

        error: --tolerance: `5%` is not a number
        help: write a share from 0 to 1: 0.02 stands for two percent
        "
    );
    insta::assert_snapshot!(judged("--requests 5 --concurrency 6"), @"
    error: --concurrency: 6 connections at a time can never be open with 5 requests in all
    help: write at most 5 here, or ask for more requests
    ");
    insta::assert_snapshot!(judged("--weights 0,0"), @"
    error: --weights: every weight is 0: no real server would get a connection
    help: give at least one real server a weight of 1 or more
    ");
}

#[test]
fn real_servers_are_silent_or_refusing_by_name() {
    insta::assert_snapshot!(judged("--silent rs3 --silent rs1 --refusing rs1"), @"
    error: --silent: there is no real server `rs3`
    help: did you mean `rs1`? the real servers are `rs1` and `rs2`

    error: --refusing: `rs1` cannot be silent and refusing at once
    help: name it after one of the two flags only
    ");
}

#[test]
fn flags_change_a_named_experiment_and_its_summary_says_so() {
    let experiment = changed("--scheduler wrr --requests 5 --weights 2,3").expect("all is well");
    assert_eq!(experiment.name, "nat-wlc");
    assert_eq!(experiment.service.scheduler.name(), "wrr");
    assert_eq!(
        (experiment.load.requests, experiment.load.concurrency),
        (5, 5)
    );
    assert_eq!(experiment.servers[1].weight.get(), 3);
    assert!(
        experiment
            .summary
            .ends_with("(changed by --requests --scheduler --weights)")
    );
}

#[test]
fn another_number_of_weights_replaces_the_servers() {
    let experiment = changed("--weights 1,2,3 --silent rs3").expect("all is well");
    assert_eq!(experiment.servers[2].address.to_string(), "192.168.1.4:80");
    assert_eq!(experiment.servers[2].answers, Answers::Never);
}

#[test]
fn what_is_wrong_with_a_flag_is_told_as_of_the_flag_and_with_the_file_as_of_the_file() {
    let text = builtin::find("nat-wlc").expect("it is built in").text;
    let text = text.replace("# concurrency = 10", "concurrency = 10");
    let file = ExperimentFile::read("my.toml", text).override_with(&flags("-n 5 --mode dir"));
    insta::assert_snapshot!(file.parse().expect_err("two mistakes"), @"
    error: 10 connections at a time can never be open with 5 requests in all
      --> my.toml:48:15
       |
    48 | concurrency = 10              # connections open at a time
       |               ^^
       |
       = help: add `--concurrency 5`, or ask for more requests

    error: --mode: `dir` is not known here
    help: did you mean `dr`? possible are `nat` and `dr`
    ");
}

#[test]
fn a_server_of_an_unreadable_file_is_not_said_to_be_missing() {
    let file = ExperimentFile::read("my.toml", "name = ").override_with(&flags("--silent rs1"));
    let problems = file.parse().expect_err("not TOML");
    assert_eq!(problems.iter().count(), 1, "{problems}");
}
