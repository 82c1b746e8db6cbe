//! Reading, writing and comparing traces.

mod random;

use super::*;

/// What wlc does with weights 4 and 1: the second server was added last and comes first, then the
/// heavier one is preferred.
const WLC: &str = "\
ipvs trace 1
kernel 6.1.176
protocol tcp
service 10.0.0.1:80
scheduler wlc

0.000000 add 10.1.0.1:8080 weight 4
0.000100 add 10.1.0.2:8080 weight 1
0.001000 open 10.64.0.1:1024 10.1.0.2:8080
0.002000 open 10.64.0.2:1024 10.1.0.1:8080
0.003000 fin 10.64.0.1:1024 server
0.004000 count 10.1.0.1:8080 active 1 inactive 0
0.004000 count 10.1.0.2:8080 active 0 inactive 1
0.005000 edit 10.1.0.1:8080 weight 0
0.006000 edit 10.1.0.2:8080 weight 0
0.007000 open 10.64.0.3:1024 refused
";

/// Everything that a line can say.
const EVERYTHING: &str = "\
ipvs trace 1
kernel 6.12.113+deb13-amd64
protocol tcp
service fwmark 7
scheduler mh
flags mh-port mh-fallback
persistent 300 netmask 255.255.255.0
replies bypass
mh-table 251

0.000000 add 10.1.0.1:8080 weight 4 upper 10 lower 5
0.250000 edit 10.1.0.1:8080 weight 2147483647 upper 10
1.000000 open 10.64.0.1:1024 to 10.32.0.9 10.1.0.1:8080
1.000001 fin 10.64.0.1:1024 to 10.32.0.9 client
1.000002 rst 10.64.0.1:1024 to 10.32.0.9 server
12.000000 gone 10.64.0.1:1024 to 10.32.0.9
13.000000 count 10.1.0.1:8080 active 0 inactive 0
14.000000 remove 10.1.0.1:8080
15.000000 open 10.64.0.1:1024 to 10.32.0.9 refused
";

fn wrong(text: &str) -> String {
    text.parse::<Trace>().unwrap_err().to_string()
}

/// The message for a line that follows [`WLC`].
fn wrong_line(line: &str) -> String {
    wrong(&format!("{WLC}{line}\n"))
}

#[test]
fn a_trace_is_written_as_it_was_read() {
    for text in [WLC, EVERYTHING] {
        assert_eq!(text.parse::<Trace>().unwrap().to_string(), text);
    }
}

#[test]
fn comments_and_empty_lines_mean_nothing() {
    let text = WLC
        .replace('\n', " # comment\n\n#\n")
        .replacen(" # comment", "", 1);
    assert_eq!(text.parse::<Trace>().unwrap().to_string(), WLC);
}

#[test]
fn the_kernels_picks_are_counted_by_server() {
    let picks = WLC.parse::<Trace>().unwrap().picks();
    assert_eq!(picks.into_values().collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn equal_picks_and_counts_conform() {
    let conformance = conform(&WLC.parse().unwrap()).unwrap();
    let tally = |compared| Tally {
        compared,
        agreed: compared,
    };
    assert_eq!(conformance.first_disagreement, None);
    assert_eq!(
        (conformance.picks, conformance.counts),
        (tally(3), tally(2))
    );
    assert!(conformance.is_full());
}

#[test]
fn the_first_pick_that_differs_is_shown_with_the_servers_before_it() {
    let altered = WLC.replace("10.64.0.2:1024 10.1.0.1", "10.64.0.2:1024 10.1.0.2");
    let conformance = conform(&altered.parse().unwrap()).unwrap();
    assert!(!conformance.is_full());
    insta::assert_snapshot!(conformance.first_disagreement.unwrap(), @"
    line 10: 0.002000 open 10.64.0.2:1024 10.1.0.2:8080
      model   10.1.0.1:8080
      kernel  10.1.0.2:8080
      server                    weight   active inactive   upper   lower
      10.1.0.2:8080                  1        1        0       0       0
      10.1.0.1:8080                  4        0        0       0       0
    ");
}

#[test]
fn a_count_that_differs_is_a_disagreement_too() {
    let altered = WLC.replace("active 0 inactive 1", "active 1 inactive 0");
    let conformance = conform(&altered.parse().unwrap()).unwrap();
    assert_eq!(
        conformance.counts,
        Tally {
            compared: 2,
            agreed: 1
        }
    );
    let disagreement = conformance.first_disagreement.unwrap();
    assert_eq!(disagreement.line, 13);
    assert_eq!(disagreement.model.to_string(), "active 0 inactive 1");
}

#[test]
fn an_entry_that_is_gone_counts_no_more() {
    let gone = format!(
        "{WLC}0.008000 gone 10.64.0.2:1024\n0.009000 count 10.1.0.1:8080 active 0 inactive 0\n"
    );
    assert!(conform(&gone.parse().unwrap()).unwrap().is_full());
}

#[test]
fn an_empty_trace_conforms_in_nothing() {
    let header = WLC.split_once("\n\n").unwrap().0;
    let conformance = conform(&header.parse().unwrap()).unwrap();
    assert!(!conformance.is_full());
}

#[test]
fn what_chance_decides_cannot_be_compared() {
    for (scheduler, message) in [
        (
            "twos",
            "twos draws its servers at random: compare shares, not single picks",
        ),
        ("own", "there is no model of the scheduler own"),
    ] {
        let trace = WLC.replace("wlc", scheduler).parse().unwrap();
        assert_eq!(conform(&trace).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_line_that_is_wrong_is_named_with_what_would_be_right() {
    for (line, message) in [
        (
            "0.008000 open 10.64.0.1:99999 refused",
            "line 17: \"10.64.0.1:99999\" is wrong: expected a client's address and port, such as 10.64.0.1:40000",
        ),
        (
            "0.008000 shut 10.64.0.1:1024",
            "line 17: \"shut\" is wrong: expected add, edit, remove, open, fin, rst, gone or count",
        ),
        (
            "0.008000 fin 10.64.0.1:1024",
            "line 17: the line ends where it should go on with who sent it: `client` or `server`",
        ),
        (
            "0.0080001 gone 10.64.0.1:1024",
            "line 17: \"0.0080001\" is wrong: expected seconds since the service was added, such as 1.250000",
        ),
        (
            "0.008000 add 10.1.0.3:80 weight -1",
            "line 17: \"-1\" is wrong: expected `weight` and a number from 0 to 2147483647",
        ),
        (
            "0.008000 gone 10.64.0.1:1024 now",
            "line 17: \"now\" is wrong: expected the end of the line",
        ),
        (
            "kernel 6.1",
            "line 17: \"kernel\" is wrong: expected seconds since the service was added, such as 1.250000",
        ),
    ] {
        assert_eq!(wrong_line(line), message);
    }
    let long = "x".repeat(600);
    assert_eq!(
        wrong_line(&long),
        "line 17: the line has more than 512 bytes"
    );
}

#[test]
fn a_trace_that_contradicts_itself_is_refused() {
    for (line, message) in [
        (
            "0.006000 gone 10.64.0.1:1024",
            "it happened before the event above it, which was at 7ms: sort the events by time",
        ),
        (
            "99999999 gone 10.64.0.1:1024",
            "it happened later than 2678400s: times are seconds since the service was added",
        ),
        (
            "0.008000 remove 10.1.0.3:8080",
            "there is no real server 10.1.0.3:8080",
        ),
        (
            "0.008000 add 10.1.0.1:8080 weight 1",
            "real server 10.1.0.1:8080 is there already",
        ),
        (
            "0.008000 add 10.1.0.3:80 weight 1 lower 1",
            "real server 10.1.0.3:80: the lower threshold 1 is above the upper one, 0",
        ),
        (
            "0.008000 open 10.64.0.4:1024 10.1.0.3:8080",
            "10.1.0.3:8080 was never added: name a real server that an `add` above names, or `refused`",
        ),
        (
            "0.008000 fin 10.64.0.3:1024 client",
            "10.64.0.3:1024 has no connection: an `open` that was not refused must stand above",
        ),
        (
            "0.008000 open [2001:db8::1]:1024 refused",
            "[2001:db8::1]:1024 and 10.0.0.1 are not of one family",
        ),
    ] {
        assert_eq!(wrong_line(line), format!("line 17: {message}"));
    }
    let udp = WLC.replace("protocol tcp", "protocol udp");
    let message = "line 11: a udp trace has neither `fin` nor `rst`: only `gone` ends a connection";
    assert_eq!(wrong(&udp), message);
}

#[test]
fn a_header_that_is_wrong_is_refused() {
    for (from, to, message) in [
        (
            "ipvs trace 1",
            "ipvs trace 2",
            "line 1: this is no trace of format 1: its first line must be `ipvs trace 1`",
        ),
        (
            "kernel 6.1.176\n",
            "",
            "line 6: the header has no line `kernel`: add it above the first event",
        ),
        (
            "kernel 6.1.176",
            "kernel six",
            "line 2: \"six\" is wrong: expected a kernel release as `uname -r` says it, such as 6.1.176",
        ),
        (
            "scheduler wlc",
            "scheduler wlc\nscheduler rr",
            "line 6: the header has a line `scheduler` already: leave one of them",
        ),
        (
            "scheduler wlc",
            "scheduler wlc\nflags sh-port",
            "line 8: sh-port is a flag of sh, the scheduler is wlc",
        ),
        (
            "scheduler wlc",
            "scheduler wlc\npersistent 0",
            "line 6: \"0\" is wrong: expected the seconds of persistence, 1 or more",
        ),
        (
            "service 10.0.0.1:80",
            "service fwmark 0",
            "line 4: \"0\" is wrong: expected a number above 0",
        ),
    ] {
        assert_eq!(wrong(&WLC.replace(from, to)), message);
    }
    assert!(wrong("").starts_with("line 1: this is no trace"));
}
