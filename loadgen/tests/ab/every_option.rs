//! Every option that the help lists works through the executable.

use std::collections::BTreeSet;

use crate::command::{Ran, loadgen};
use crate::servers::{backend, recording};

/// Each option with its value, one load each; `FILE` is a file that can be written. Those of TLS
/// are in `secure`.
const ALL: [&[&str]; 52] = [
    &["-n", "3"],
    &["-c", "2", "-n", "4"],
    &["-t", "1", "-n", "5"],
    &["-s", "20"],
    &["-r"],
    &["--duration", "20s", "-n", "5"],
    &["--rate", "500", "-n", "5"],
    &["--poisson", "--rate", "500", "-n", "5"],
    &["--connections-per-second", "500", "-n", "3"],
    &["--think-time", "1ms", "-n", "3"],
    &["--warm-up", "10ms", "-n", "3"],
    &["--threads", "2", "-c", "2", "-n", "4"],
    &["--give-up-after", "1", "-n", "3"],
    &["--seed", "7"],
    &["-i"],
    &["-m", "DELETE"],
    &["-p", "Cargo.toml"],
    &["-u", "Cargo.toml"],
    &["-T", "a/b", "-p", "Cargo.toml"],
    &["-C", "a=b"],
    &["-H", "X-A: 1"],
    &["-A", "user:password"],
    &["--script", "tests/ab/script.toml", "-n", "4"],
    &["--expect-status", "200"],
    &["--expect-length", "4"],
    &["--expect-body", "rs1"],
    &["--by-header", "x-real-server"],
    &["-k", "-n", "3"],
    &["-b", "8192"],
    &["-B", "127.0.0.1"],
    &["-P", "user:password"],
    &["--http1.1"],
    &["--http2"],
    &["--source", "127.0.0.2,127.0.0.4/31", "-n", "4"],
    &["--source-ports", "20000-29999"],
    &["--close", "rst"],
    &["-v", "2"],
    &["-q"],
    &["-d"],
    &["-S"],
    &["-l"],
    &["-w"],
    &["-x", "a=b"],
    &["-y", "a=b"],
    &["-z", "a=b"],
    &["-e", "FILE"],
    &["-g", "FILE"],
    &["--csv", "FILE"],
    &["--hgrm", "FILE"],
    &["--hlog", "FILE"],
    &["--plot", "FILE"],
    &["--assert", "errors==0"],
];

/// In `secure`, and those that send no load or need a terminal or a proxy.
const ELSEWHERE: [&str; 14] = [
    "-X",
    "-I",
    "-Z",
    "-f",
    "-E",
    "--tls-ca",
    "--tls-server-name",
    "-V",
    "-h",
    "--version",
    "--help",
    "--color",
    "--json",
    "--assert",
];

#[test]
fn every_option_of_the_help_is_carried_out() {
    let help = loadgen(&["--help"]);
    // A line that begins the explanation of an option; the differences are set out in words.
    let listed: BTreeSet<_> = help
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with('-'))
        .map(|line| line.split([' ', ',']).next().unwrap())
        .collect();
    let tested = ALL.iter().map(|load| load[0]).chain(ELSEWHERE);
    assert_eq!(listed, tested.collect());

    let server = backend("/");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file").display().to_string();
    for load in ALL {
        let value = |text: &&'static str| {
            if *text == "FILE" {
                file.clone()
            } else {
                (*text).to_owned()
            }
        };
        let mut arguments: Vec<String> = load.iter().map(value).collect();
        arguments.push(server.url.clone());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = loadgen(&arguments);
        assert_eq!(ran.code, Some(0), "{load:?}: {ran:?}");
        assert!(
            ran.stdout.contains("Failed requests:")
                || load[0] == "-w"
                || ran.stdout.contains("<table"),
            "{ran:?}"
        );
        if load.contains(&"FILE") {
            assert!(std::fs::metadata(&file).unwrap().len() > 0, "{load:?}");
            std::fs::remove_file(&file).unwrap();
        }
    }
}

#[test]
fn help_and_version_are_printed_on_stdout() {
    for (option, text) in [
        ("-h", "Usage: loadgen"),
        ("--help", "Where ab does otherwise:"),
        ("-V", "This is loadgen"),
        ("--version", "This is loadgen"),
    ] {
        let ran = loadgen(&[option]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(ran.stdout.contains(text), "{ran:?}");
    }
}

fn seconds(ran: &Ran) -> f64 {
    ran.value("Time taken for tests")
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// Lower bounds only: a busy machine is slower.
#[test]
fn pauses_and_limits_of_rate_take_their_time() {
    let server = backend("/");
    for options in [
        ["--think-time", "50ms"],
        ["--connections-per-second", "20"],
        ["--rate", "20"],
    ] {
        let ran = loadgen(&[&options[..], &["-n", "5", &server.url]].concat());
        assert!(seconds(&ran) >= 0.19, "{options:?}: {ran:?}");
    }
    let ran = loadgen(&["--duration", "300ms", &server.url]);
    assert!(
        seconds(&ran) >= 0.29 && ran.value("Complete requests") != "0",
        "{ran:?}"
    );
}

#[test]
fn the_warm_up_is_sent_but_not_counted() {
    let server = backend("/");
    let ran = loadgen(&["--warm-up", "200ms", "-n", "10", &server.url]);
    assert_eq!((ran.code, ran.value("Complete requests")), (Some(0), "10"));
    assert!(server.requests() > 10, "{}", server.requests());
}

#[test]
fn threads_send_all_of_the_load() {
    let server = backend("/");
    let ran = loadgen(&["--threads", "3", "-c", "7", "-n", "100", "-q", &server.url]);
    assert_eq!((ran.code, ran.value("Complete requests")), (Some(0), "100"));
    assert_eq!(server.requests(), 100);
}

#[test]
fn a_load_ends_after_so_many_failures() {
    let ran = loadgen(&["--give-up-after", "3", "-n", "100", "http://127.0.0.1:1/"]);
    assert_eq!((ran.code, ran.value("Failed requests")), (Some(1), "3"));
}

#[test]
fn what_is_expected_decides_what_has_failed() {
    let server = backend("/bytes/4");
    for (options, class) in [
        (["--expect-length", "5"], "wrong-length"),
        (["--expect-status", "404"], "bad-status"),
        (["--expect-body", "nowhere"], "wrong-body"),
        (["--expect-body", "@Cargo.toml"], "wrong-body"),
    ] {
        let ran = loadgen(&[&options[..], &["-n", "3", "--json", &server.url]].concat());
        assert_eq!(
            (ran.code, &ran.json()["errors"][class]),
            (Some(1), &3.into()),
            "{ran:?}"
        );
    }
    let missing = server.url.replace("bytes/4", "none");
    assert_eq!(
        loadgen(&[&missing]).code,
        Some(1),
        "a status that is not 2xx"
    );
    assert_eq!(loadgen(&["--expect-status", "4xx", &missing]).code, Some(0));
}

#[test]
fn connections_come_from_where_they_are_told() {
    let (url, requests) = recording();
    let from = |options: &[&str]| {
        let ran = loadgen(&[options, &[&url]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        requests
            .try_iter()
            .map(|(from, _)| from)
            .collect::<Vec<_>>()
    };
    assert_eq!(from(&["-B", "127.0.0.9"])[0].ip().to_string(), "127.0.0.9");
    let addresses: BTreeSet<_> = from(&["--source", "127.0.0.5,127.0.0.8/31", "-n", "6"])
        .iter()
        .map(|from| from.ip().to_string())
        .collect();
    let expected = ["127.0.0.5", "127.0.0.8", "127.0.0.9"];
    assert_eq!(addresses, expected.map(str::to_owned).into());
    let ports = from(&["--source-ports", "21000-21999", "-n", "5"]);
    assert_eq!(ports.len(), 5);
    assert!(
        ports
            .iter()
            .all(|from| (21_000..=21_999).contains(&from.port())),
        "{ports:?}"
    );
}

/// A client that closes first asks the server to keep the connection.
#[test]
fn whoever_shall_close_is_told_so() {
    let (url, requests) = recording();
    let sent = |options: &[&str]| {
        assert_eq!(loadgen(&[options, &[&url]].concat()).code, Some(0));
        requests.try_iter().next().unwrap().1
    };
    assert!(!sent(&["--close", "server"]).contains("Connection"));
    for close in ["fin", "rst"] {
        assert!(sent(&["--close", close]).contains("Connection: Keep-Alive\r\n"));
    }
}

#[test]
fn the_same_seed_draws_the_same_requests_of_a_script() {
    let (url, requests) = recording();
    let drawn = |seed: &str| {
        loadgen(&[
            "--script",
            "tests/ab/script.toml",
            "-n",
            "40",
            "--seed",
            seed,
            &url,
        ]);
        let lines = requests
            .try_iter()
            .map(|(_, request)| request.lines().next().unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    let (first, again, other) = (drawn("1"), drawn("1"), drawn("2"));
    assert_eq!((first.len(), &first), (40, &again));
    assert_ne!(first, other);
    let posts = first
        .iter()
        .filter(|line| *line == "POST /index.html HTTP/1.0")
        .count();
    let gets = first
        .iter()
        .filter(|line| *line == "GET / HTTP/1.0")
        .count();
    assert!(posts > 0 && gets > posts && gets + posts == 40, "{first:?}");
}
