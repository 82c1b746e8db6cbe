//! `analysis simulate`, as it is typed.
#![expect(
    clippy::disallowed_methods,
    reason = "the command's own test has to start the command"
)]

use std::process::{Command, Output};

fn simulate(words: &str) -> Output {
    let words = shell_words(words);
    Command::new(env!("CARGO_BIN_EXE_analysis"))
        .arg("simulate")
        .args(words)
        .output()
        .expect("the command starts")
}

/// Words between spaces; those between single quotes are one.
fn shell_words(text: &str) -> Vec<String> {
    let parts = text.split('\'').enumerate();
    parts
        .flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn stdout(words: &str) -> String {
    let output = simulate(words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}: {stderr}");
    let notes_only = stderr.lines().all(|line| line.starts_with("note: "));
    assert!(notes_only, "no progress where nobody watches: {stderr}");
    String::from_utf8(output.stdout).expect("the output is text")
}

fn complaint(words: &str) -> String {
    let output = simulate(words);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("the complaint is text")
}

#[test]
fn an_exact_prediction_says_so() {
    let text = stdout("--scheduler wrr --weights 4,1 --service-time 3ms --client-address 10.0.0.1");
    insta::assert_snapshot!(text, @r#"
    wrr over NAT, 2 real servers: Every real server gets exactly its share by weight.

    real server  weight  by weight  predicted  interval  difference
    ────────────────────────────────────────────────────────────────
    rs1               4    80.00 %    80.00 %     exact        0.00
    rs2               1    20.00 %    20.00 %     exact        0.00
    Shares are of connections that are not refused, differences in percentage points.

    Load     10,000 connections, 10 at a time, from 1 client to 1 address, in 2.997 s
    Service  3ms, each connection for itself; the server closes
    Effect   largest difference from the weights 0.00 points, 0.00 % of the connections elsewhere
    Settles  within 1.00 points of the final shares from connection 77 on, after 0.021 s
    Runs     one is enough: no part of this plan is left to chance
    Kernel   Linux 6.1.176
    "#);
}

#[test]
fn the_tutorials_weights_are_not_honoured_by_servers_that_serve_one_at_a_time() {
    let text = stdout(
        "--weights 4,1 --concurrency 10 --discipline one-at-a-time --service-time exp:1ms --seeds 3",
    );
    insta::assert_snapshot!(text, @r#"
    wlc over NAT, 2 real servers: rs1 gets exactly 4.59 points less than its share by weight.

    real server  weight  by weight  predicted  interval  difference
    ────────────────────────────────────────────────────────────────
    rs1               4    80.00 %    75.41 %     exact       -4.59
    rs2               1    20.00 %    24.59 %     exact       +4.59
    Shares are of connections that are not refused, differences in percentage points.

    Load     10,000 connections, 10 at a time, from 1 client to 1 address, in 7.623 (7.511 to 7.762) s
    Service  exp:1ms, one at a time at each server; the server closes
    Effect   largest difference from the weights 4.59 points, 4.59 % of the connections elsewhere
    Settles  within 1.00 points of the final shares from connection 8,320 on, after 6.248 (6.170 to 6.355) s
    Runs     3 seeds from 1 on; one more run lies within each interval with probability 50.0 %
    Kernel   Linux 6.1.176
    "#);
}

#[test]
fn a_hash_scheduler_comes_with_its_table() {
    let text = stdout(
        "--scheduler sh --flags sh-port --weights 1,2,300 --clients 50 --without rs3 --seeds 200 -n 500",
    );
    insta::assert_snapshot!(text, @r#"
    sh over NAT, 3 real servers: 2 real servers get nothing in spite of their weights, rs1 for one.

    real server  weight  by weight  predicted  interval  difference
    ────────────────────────────────────────────────────────────────
    rs1               1   0.3300 %     0.00 %     exact       -0.33
    rs2               2   0.6601 %     0.00 %     exact       -0.66
    rs3             300    99.01 %   100.00 %     exact       +0.99
    Shares are of connections that are not refused, differences in percentage points.

    Load     500 connections, 10 at a time, from 50 clients to 1 address, in 0.147 (0.132 to 0.164) s
    Service  exp:3ms, each connection for itself; the server closes
    Effect   largest difference from the weights 0.99 points, 0.99 % of the connections elsewhere
    Settles  within 1.00 points of the final shares from connection 1 on, after 0.000 s
    Runs     200 seeds from 1 on; one more run lies within each interval with probability 99.0 %
    Kernel   Linux 6.1.176
    Table    256 entries; for its weight one server has up to 1.00 times as many as another
    Starved  rs1, rs2: no entry in spite of the weight
    Leaving  without rs3, 100.00 % of the keys have to move and 0.00 % more do
    "#);
}

#[test]
fn of_many_servers_the_furthest_are_shown() {
    let text = stdout("--weights 4x100,1x900 --rate 100000 --poisson --seeds 1");
    let lines: Vec<_> = text.lines().collect();
    let servers = lines.iter().filter(|line| line.starts_with("rs"));
    assert_eq!(servers.count(), 10, "{text}");
    assert!(text.contains("These 10 of 1,000 are the furthest from their weights"));
    assert!(text.contains("more would give intervals (--seeds)"));
}

#[test]
fn changes_happen_on_the_way() {
    let csv = stdout(
        "--scheduler rr --weights 1,1 --format csv --change '@5000 rs2 weight 0' --change '@7500 new add 3'",
    );
    let shares: Vec<_> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(4))
        .collect();
    // Half of 5,000 and all of 2,500; then half of 2,500 each.
    assert_eq!(shares, [Some("0.625"), Some("0.25"), Some("0.125")]);
}

#[test]
fn json_holds_every_number() {
    let json = stdout("--weights 4,1 --format json --forwarding dr --close rst --seeds 2");
    let outcome: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(outcome["plan"]["forwarding"], "dr");
    assert_eq!(outcome["plan"]["ending"], "rst");
    assert_eq!(outcome["servers"][1]["weight"], 1);
    assert!(outcome["servers"][0]["interval"]["low"].is_number());
}

#[test]
fn every_flag_takes_part() {
    for words in [
        "--scheduler mh --flags mh-port,mh-fallback --mh-table 251 --weights 2,1",
        "--persistent 300 --netmask 255.255.255.0 --clients 9",
        "--thresholds 100:80,0 --weights 1,1 --udp",
        "--udp --one-packet --scheduler wlc",
        "--scheduler dh --destinations 100 --vip 10.0.0.1",
        "--speeds 1,0.5 --rate 500 --service-time lognormal:1ms:1 --kernel 7.2.12",
        "--discipline shared-cpu-in-turns --tolerance 0.05 --seed 7",
    ] {
        stdout(&format!("{words} -n 1000 --seeds 2"));
    }
}

#[test]
fn a_mistake_is_told_with_its_remedy() {
    let complaints = [
        "--weights 0,0",
        "--weights 4,-1",
        "--weights 4x0",
        "--weights 1x70000",
        "--scheduler own",
        "--scheduler wlc --flags sh-port",
        "--scheduler sh --flags port",
        "--mh-table 4096",
        "--forwarding local",
        "--thresholds 5,6,7 --weights 1,1",
        "--thresholds 5:9",
        "--speeds 1,2,3",
        "--change '5000 rs2 weight 0'",
        "--change '@5000 rs9 remove'",
        "--change '@5000 rs2 vanish'",
        "--change '@5000 rs1 add'",
        "--without rs1",
        "--scheduler sh --without rs9",
        "--tolerance 7",
        "--connections 0",
        "--concurrency 0",
    ]
    .map(complaint);
    insta::assert_snapshot!(complaints.concat(), @r#"
    error: every connection is refused: all real servers have weight 0; give one of them a weight above 0
    error: --weights: weight -1 is out of range: the kernel accepts 0 to 2147483647
    error: --weights: 4x0: "0" is no number of times: write for instance 4x100
    error: --weights: 1x70000: more than 65536 real servers are too many
    error: there is no model of the scheduler own
    error: --flags: sh-port is a flag of the scheduler sh, not of wlc
    error: --flags: "port" is no flag: write sh-port, sh-fallback, mh-port or mh-fallback
    error: --mh-table: no kernel has 4096: 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071
    error: --forwarding: local is not for real servers: write nat, dr or tun
    error: --thresholds has 3 values for 2 real servers: give one for each, or one for all
    error: real server 192.168.1.2:80: the lower threshold 9 is above the upper one, 5
    error: --speeds has 3 values for 2 real servers: give one for each, or one for all
    error: --change: "5000 rs2 weight 0" is no change: write '@5000 rs2 weight 0', '@5000 rs2 remove' or '@2s rs3 add 4': the moment starts with @
    error: --change: "@5000 rs9 remove": there is no real server rs9: they are called rs1 to rs2
    error: --change: "@5000 rs2 vanish" is no change: write '@5000 rs2 weight 0', '@5000 rs2 remove' or '@2s rs3 add 4'
    error: a change after 5000 connections, 1.503502033s from the start, cannot be made: real server 192.168.1.2:80 is there already
    error: the scheduler wlc has no table of servers: only dh, sh and mh have one
    error: --without: there is no real server rs9: they are called rs1 to rs2
    error: --tolerance: 7 is not a share: a share is a number from 0 to 1
    error: there are no connections: give at least 1
    error: no connection at a time: give a concurrency of at least 1
    "#);
}

#[test]
fn what_no_number_can_mean_is_refused_where_it_is_read() {
    for words in [
        "--rate nan",
        "--rate -5",
        "--service-time 3",
        "--service-time pareto:1ms:inf",
    ] {
        assert!(complaint(words).contains("error: invalid value"), "{words}");
    }
}

#[test]
fn what_will_surprise_is_told_beside_the_outcome() {
    let words = "--scheduler sh --weights 1,300 --clients 50 --connections 1000";
    let output = simulate(words);
    assert_eq!(output.status.code(), Some(0));
    let notes = String::from_utf8(output.stderr).expect("notes are text");
    assert!(notes.contains("rs1 gets no client at all"), "{notes}");
}
