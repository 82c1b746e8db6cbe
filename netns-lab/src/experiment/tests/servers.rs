//! `[[server]]`.

use std::fmt::Write as _;

use director_setup::Thresholds;

use super::super::Answers;
use super::{judged, meaning};

const FIRST: &str = "address = \"192.168.1.2\"";
const SECOND: &str = "address = \"192.168.1.3\"";
const DIRECT: (&str, &str) = ("\"nat\"", "\"dr\"");

#[test]
fn real_servers_have_names_ports_weights_and_answers_without_being_told() {
    let experiment = meaning(&[(
        SECOND,
        "address = \"192.168.1.3:8080\"\nname = \"slow\"\nweight = 0\nanswers = \"never\"",
    )]);
    let [first, second] = experiment.servers.as_slice() else {
        panic!("two servers")
    };
    assert_eq!((first.name.as_str(), first.weight.get()), ("rs1", 1));
    assert_eq!(first.address.to_string(), "192.168.1.2:80");
    assert_eq!(first.answers, Answers::Normally);
    assert_eq!((second.name.as_str(), second.weight.get()), ("slow", 0));
    assert_eq!(second.address.to_string(), "192.168.1.3:8080");
    assert_eq!(second.answers, Answers::Never);
}

#[test]
fn weights_are_0_to_65535() {
    let heaviest = meaning(&[(FIRST, &format!("{FIRST}\nweight = 65535"))]);
    assert_eq!(heaviest.servers[0].weight.get(), 65535);
    for (weight, fault) in [
        ("65536", "more than 65535 is not possible"),
        ("4294967297", "more than 65535 is not possible"),
        ("18446744073709551617", "more than 65535 is not possible"),
        (
            "0xffffffffffffffffffffffffffffffffffffffff",
            "more than 65535 is not possible",
        ),
        ("-1", "less than 0 is not possible"),
        ("1.0", "expected an integer, found a float"),
        ("\"1\"", "expected an integer, found a string"),
    ] {
        let line = judged(&[(FIRST, &format!("{FIRST}\nweight = {weight}"))]);
        assert!(line.starts_with(&format!("10: {fault} => ")), "{line}");
    }
}

#[test]
fn weights_must_not_all_be_0() {
    let none = |address: &str| format!("{address}\nweight = 0");
    insta::assert_snapshot!(judged(&[(FIRST, &none(FIRST)), (SECOND, &none(SECOND))]), @"10: every weight is 0: no real server would get a connection => give at least one real server a weight of 1 or more");
}

#[test]
fn two_real_servers_cannot_be_one() {
    insta::assert_snapshot!(judged(&[(SECOND, FIRST)]), @"11: two real servers are at 192.168.1.2 => give each real server an address of its own");
    insta::assert_snapshot!(judged(&[(SECOND, &format!("{SECOND}\nname = \"rs1\""))]), @"12: two real servers are called `rs1` => give each a `name` of its own; without one they are rs1, rs2, …");
}

#[test]
fn another_port_does_not_make_another_real_server() {
    insta::assert_snapshot!(judged(&[(SECOND, "address = \"192.168.1.2:81\"")]), @"11: two real servers are at 192.168.1.2 => give each real server an address of its own");
}

#[test]
fn direct_routing_cannot_translate_ports() {
    meaning(&[DIRECT, (SECOND, "address = \"192.168.1.3:80\"")]);
    insta::assert_snapshot!(judged(&[DIRECT, (SECOND, "address = \"192.168.1.3:8080\"")]), @"11: port 8080 is not the service's port 80: direct routing cannot translate ports => leave the port out, write 80, or use forwarding `nat`");
}

#[test]
fn thresholds_are_none_without_being_told_and_the_lower_is_never_above_the_upper() {
    let thresholds = |lines: &str| {
        let text = format!("{FIRST}\n{lines}");
        meaning(&[(FIRST, &text)]).servers[0].thresholds
    };
    assert_eq!(thresholds(""), Thresholds::default());
    let both = "upper-threshold = 4294967295\nlower-threshold = 4294967295";
    let most = u32::MAX;
    let expected = Thresholds {
        upper: most,
        lower: most,
    };
    assert_eq!(thresholds(both), expected);
    let fault = |lines: &str| judged(&[(FIRST, &format!("{FIRST}\n{lines}"))]);
    insta::assert_snapshot!(fault("upper-threshold = 4\nlower-threshold = 5"), @"11: a lower threshold of 5 is above the upper one of 4 => write an `upper-threshold` that is at least as high, or leave this one out: then a full server gets connections again below three quarters of the upper");
    insta::assert_snapshot!(fault("lower-threshold = 1"), @"10: a lower threshold of 1 is above the upper one of 0 => write an `upper-threshold` that is at least as high, or leave this one out: then a full server gets connections again below three quarters of the upper");
    insta::assert_snapshot!(fault("upper-threshold = 4294967296"), @"10: more than 4294967295 is not possible => write a whole number from 0 to 4294967295, without quotes");
}

#[test]
fn names_of_the_other_hosts_are_taken() {
    insta::assert_snapshot!(
        judged(&[
            (FIRST, &format!("{FIRST}\nname = \"director\"")),
            (SECOND, &format!("{SECOND}\nname = \"{}\"", "x".repeat(33))),
        ]),
        @"
        10: `director` is the name of another host of the lab => call the real server something else, such as `rs1`
        13: a name has at most 32 characters => use small letters a-z, digits, and `-` between them
        "
    );
}

#[test]
fn answers_are_one_of_three_words() {
    insta::assert_snapshot!(judged(&[(FIRST, &format!("{FIRST}\nanswers = \"nevr\""))]), @"10: `nevr` is not known here => did you mean `never`? possible are `normally`, `never` and `refuses`");
}

#[test]
fn addresses_of_real_servers_are_addresses() {
    insta::assert_snapshot!(
        judged(&[(FIRST, "address = \"192.168.1.256\""), (SECOND, "address = \"192.168.1.3:0\"")]),
        @"
        9: `192.168.1.256` is not an IPv4 address => write an IPv4 address, with a port or without: 192.168.1.2 or 192.168.1.2:8080
        11: port 0 is not a port that a client can connect to => write a port from 1 to 65535, such as 192.168.1.3:80
        "
    );
}

#[test]
fn there_is_at_least_one_real_server() {
    let none = [
        ("[[server]]\n", ""),
        (FIRST, ""),
        ("[[server]]\n", ""),
        (SECOND, ""),
    ];
    insta::assert_snapshot!(judged(&none), @r#"-: there is no real server => add a table `[[server]]` with a line such as `address = "192.168.1.2"`"#);
}

#[test]
fn there_are_at_most_1000_real_servers() {
    let elsewhere = ("192.168.0.1:80", "10.0.0.1:80");
    let most = meaning(&[elsewhere, ("[[server]]", &servers(998))]);
    assert_eq!(most.servers.len(), 1000);
    let line = judged(&[elsewhere, ("[[server]]", &servers(999))]);
    let fault = ": 1001 real servers are too many => use at most 1000";
    assert!(line.contains(fault), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

/// This many real servers, and the header of the next.
fn servers(number: u32) -> String {
    let mut text = String::new();
    for index in 4..number + 4 {
        // 192.168.4.0/22 and 192.168.1.0/24 have 192.168.0.0/21 in common: with NAT that overlaps
        // the outer network, so the VIP's network is far away.
        let address = std::net::Ipv4Addr::from(0xc0a8_0400 + index);
        writeln!(text, "[[server]]\naddress = \"{address}\"").expect("strings grow");
    }
    text + "[[server]]"
}
