//! What cannot be sent is refused with the remedy, before anything is sent or written.

use std::net::TcpListener;
use std::process::Command;

use crate::command::{LOADGEN, Ran, loadgen, run};
use crate::servers::listener;

/// It exits with 2, says so on stderr only, and connects to nobody.
#[track_caller]
fn refused(listener: &TcpListener, arguments: &[&str], message: &str) -> Ran {
    let ran = loadgen(arguments);
    assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
    assert_eq!(ran.stdout, "", "{arguments:?}");
    assert!(ran.stderr.contains(message), "{arguments:?}: {ran:?}");
    assert!(ran.stderr.starts_with("loadgen: "), "{ran:?}");
    assert!(ran.stderr.ends_with("Try 'loadgen --help'.\n"), "{ran:?}");
    // Nothing is said twice.
    let mut parts: Vec<_> = ran.stderr.lines().next().unwrap().split(": ").collect();
    let all = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), all, "{ran:?}");
    listener.set_nonblocking(true).unwrap();
    let connected = listener.accept();
    assert!(connected.is_err(), "{arguments:?}: it has connected");
    ran
}

#[test]
fn every_wrong_command_line_says_what_to_write() {
    let (listener, url) = listener("/");
    let host = url.trim_end_matches('/');
    for (options, message) in [
        (["-n", "2", "-c", "3"].as_slice(), "raise -n or lower -c"),
        (&["-n", "0"], "write a whole number from 1 after -n"),
        (
            &["-c", "0", "-n", "5"],
            "Invalid Concurrency [Range 1..200000]",
        ),
        (&["-t", "1", "--duration", "1"], "write one of them"),
        (
            &["--rate", "1", "--think-time", "1"],
            "does not wait for responses",
        ),
        (&["--rate", "0"], "write a number per second above 0"),
        (&["--json", "-w"], "stdout takes one report"),
        (
            &["--http2", "-H", "Connection: close"],
            "HTTP/2 has no Connection",
        ),
        (&["--assert", "p99"], "such as p99<50ms"),
        (&["--assert", "p99<50"], "a time with its unit"),
        (&["--durations", "1"], "did you mean --duration?"),
        (&["-H", "no colon"], "write 'Name: value'"),
        (
            &["--source", "::1"],
            "write local addresses of the target's family",
        ),
        (
            &["-p", "/none/body"],
            "Could not open POST data file (/none/body)",
        ),
        (&["--script", "/none/script"], "/none/script"),
        (&["--script", "Cargo.toml"], "Cargo.toml"),
        (
            &["--expect-body", "@/none/body"],
            "cannot read the expected body /none/body",
        ),
        (
            &["-B", "no-such-host.invalid"],
            "cannot resolve no-such-host.invalid",
        ),
        (
            &["-X", "no-such-host.invalid"],
            "cannot resolve no-such-host.invalid",
        ),
    ] {
        refused(&listener, &[options, &[&url]].concat(), message);
    }
    refused(&listener, &[host], "write http://host[:port]/path");
    refused(&listener, &[], "the URL is missing");
    refused(
        &listener,
        &[&url, "-k"],
        "write every option before the URL",
    );
    refused(
        &listener,
        &[&url.replace("http", "ftp")],
        "not http, https or udp",
    );
    let unknown = ["http://no-such-host.invalid/"];
    refused(&listener, &unknown, "cannot resolve no-such-host.invalid");
    let secure = url.replace("http", "https");
    let authorities = ["--tls-ca", "/none/ca", &secure];
    refused(
        &listener,
        &authorities,
        "cannot read certificates from /none/ca",
    );
    refused(
        &listener,
        &["-E", "/none/pem", &secure],
        "client certificate /none/pem",
    );
}

/// One file of all cannot be written: none of the others is touched.
#[test]
fn a_file_that_cannot_be_written_is_found_before_the_load_and_leaves_the_others() {
    let (listener, url) = listener("/");
    for option in ["-e", "-g", "--csv", "--hgrm", "--hlog", "--plot"] {
        let directory = tempfile::tempdir().unwrap();
        let good = directory.path().join("good").display().to_string();
        let bad = directory.path().join("none/bad").display().to_string();
        let other = if option == "-e" { "-g" } else { "-e" };
        let ran = refused(
            &listener,
            &[other, &good, option, &bad, &url],
            "cannot write ",
        );
        assert!(ran.stderr.contains(&bad), "{ran:?}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

/// `ulimit -n` below the concurrency, and one port for many connections.
#[test]
fn the_clients_own_limits_come_with_advice() {
    let server = crate::servers::backend("/delay/20");
    let line = "ulimit -n 16; exec \"$0\" -n 40 -c 40 \"$1\"";
    let ran = run(Command::new("sh").args(["-c", line, LOADGEN, &server.url]));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("\n  too-many-files "), "{ran:?}");
    assert!(ran.stdout.contains("`ulimit -n`"), "{ran:?}");

    let one_port = ["--source-ports", "23456-23456", "-n", "8", "-c", "4"];
    let ran = loadgen(&[one_port.as_slice(), &[&server.url]].concat());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("\n  address-not-available "), "{ran:?}");
    for remedy in [
        "--source",
        "--source-ports",
        "--close rst",
        "ip_local_port_range",
    ] {
        assert!(ran.stdout.contains(remedy), "{remedy}: {ran:?}");
    }
}
