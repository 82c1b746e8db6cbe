//! `[load]` and `[expect]`.

use std::time::Duration;

use super::super::{Clients, ConnectionMode};
use super::{judged, meaning};

/// The good experiment with this line in `[load]`.
fn fault(line: &str) -> String {
    judged(&[("# load", line)])
}

#[test]
fn a_load_is_ten_thousand_requests_without_being_told() {
    let load = meaning(&[]).load;
    assert_eq!((load.requests, load.concurrency), (10_000, 10));
    assert_eq!(load.connections, ConnectionMode::PerRequest);
    assert_eq!(load.clients, Clients::AsNeeded);
    assert_eq!(load.path, "/index.html");
    assert_eq!(load.timeout, Duration::from_secs(2));
    assert_eq!(load.time_limit, Duration::from_secs(60));
    assert_eq!(load.give_up_after, 100);
    assert_eq!(meaning(&[]).expect.tolerance.to_string(), "0.02");
}

#[test]
fn few_requests_make_few_connections() {
    assert_eq!(meaning(&[("# load", "requests = 5")]).load.concurrency, 5);
}

#[test]
fn every_key_of_the_load_is_heard() {
    let lines = "requests = 1_000\nconcurrency = 1_000\nconnections = \"keep-alive\"\n\
                 path = \"/a?b=%20\"\ntimeout = \"500ms\"\ntime-limit = \"1m 30s\"\n\
                 give-up-after = 1";
    let load = meaning(&[("# load", lines), ("# expect", "tolerance = 1")]).load;
    assert_eq!((load.requests, load.concurrency), (1000, 1000));
    assert_eq!(load.connections, ConnectionMode::KeepAlive);
    assert_eq!(load.path, "/a?b=%20");
    assert_eq!(load.timeout, Duration::from_millis(500));
    assert_eq!(load.time_limit, Duration::from_secs(90));
    assert_eq!(load.give_up_after, 1);
}

#[test]
fn requests_are_1_to_100_million() {
    meaning(&[("# load", "requests = 100_000_000")]);
    insta::assert_snapshot!(fault("requests = 0"), @"13: less than 1 is not possible => write a whole number from 1 to 100000000, without quotes");
    insta::assert_snapshot!(fault("requests = 100_000_001"), @"13: more than 100000000 is not possible => write a whole number from 1 to 100000000, without quotes");
    insta::assert_snapshot!(fault("requests = -9223372036854775809"), @"13: less than 1 is not possible => write a whole number from 1 to 100000000, without quotes");
    insta::assert_snapshot!(fault("requests = 1e4"), @"13: expected an integer, found a float => write a whole number from 1 to 100000000, without quotes");
}

#[test]
fn concurrency_is_at_most_20000_and_at_most_the_requests() {
    insta::assert_snapshot!(fault("concurrency = 20_001\nrequests = 30_000"), @"13: more than 20000 is not possible => write a whole number from 1 to 20000, without quotes");
    insta::assert_snapshot!(fault("concurrency = 6\nrequests = 5"), @"13: 6 connections at a time can never be open with 5 requests in all => write at most 5 here, or ask for more requests");
}

#[test]
fn clients_are_at_least_1_and_the_outer_network_has_room_for_them() {
    let clients = |line| meaning(&[("# load", line)]).load.clients;
    assert_eq!(clients("clients = 1"), Clients::Exactly(1));
    assert_eq!(clients("clients = 253"), Clients::Exactly(253));
    insta::assert_snapshot!(fault("clients = 0"), @"13: less than 1 is not possible => write a whole number from 1 to 1000000, without quotes");
    insta::assert_snapshot!(fault("clients = 1_000_001"), @"13: more than 1000000 is not possible => write a whole number from 1 to 1000000, without quotes");
    insta::assert_snapshot!(fault("clients = 254"), @r#"13: the outer network 192.168.0.0/24 has room for 253 clients, not for 254 => write at most 253, or take a larger network: `vip = "10.0.0.1:80"`, `outer = "10.0.0.0/16"`"#);
    insta::assert_snapshot!(fault("clients = 1_000_000"), @r#"13: the outer network 192.168.0.0/24 has room for 253 clients, not for 1000000 => write at most 253, or take a larger network: `vip = "10.0.0.1:80"`, `outer = "10.0.0.0/12"`"#);
}

#[test]
fn times_have_a_unit_and_are_more_than_nothing() {
    insta::assert_snapshot!(fault("timeout = 2"), @r#"13: expected a time, found an integer => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("timeout = \"2\""), @r#"13: `2` is not a time => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("timeout = \"0s\""), @r#"13: a time of 0 would end before it began => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("timeout = \"-1s\""), @r#"13: `-1s` is not a time => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("time-limit = \"25h\""), @r#"13: more than 24h is not possible => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("time-limit = \"99999999999999999999y\""), @r#"13: `99999999999999999999y` is not a time => write a number and its unit in quotes, such as "2s" or "500ms""#);
    insta::assert_snapshot!(fault("time-limit = \"\""), @r#"13: `` is not a time => write a number and its unit in quotes, such as "2s" or "500ms""#);
}

#[test]
fn a_path_is_what_a_request_line_can_carry() {
    insta::assert_snapshot!(fault("path = \"\""), @"13: the path `` does not begin with `/` => write the path only, such as /index.html");
    insta::assert_snapshot!(fault("path = \"http://192.168.0.1/\""), @"13: the path `http://192.168.0.1/` does not begin with `/` => write the path only, such as /index.html");
    insta::assert_snapshot!(fault("path = \"/a b\""), @"13: a path cannot contain ` ` => write it percent-encoded, such as %20 for a space");
    insta::assert_snapshot!(fault("path = \"/a\\r\\nHost: x\""), @r"13: a path cannot contain `\r` => write it percent-encoded, such as %20 for a space");
    insta::assert_snapshot!(fault("path = \"/ü\""), @"13: a path cannot contain `ü` => write it percent-encoded, such as %20 for a space");
}

#[test]
fn connections_are_one_of_two_words() {
    insta::assert_snapshot!(fault("connections = \"keepalive\""), @"13: `keepalive` is not known here => did you mean `keep-alive`? possible are `per-request` and `keep-alive`");
}

#[test]
fn a_tolerance_is_a_share() {
    for wrong in ["nan", "inf", "-inf", "-0.1", "1.1", "2", "-1"] {
        let line = judged(&[("# expect", &format!("tolerance = {wrong}"))]);
        assert!(
            line.starts_with("15: the value is not between 0 and 1 => "),
            "{line}"
        );
    }
    for right in ["0", "0.0", "1", "1.0", "5e-3"] {
        meaning(&[("# expect", &format!("tolerance = {right}"))]);
    }
}
