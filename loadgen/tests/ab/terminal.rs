//! On a terminal there is a bar.

use std::process::Command;

use crate::command::{LOADGEN, run};
use crate::differential::installed;
use crate::servers::backend;

/// What a terminal is sent of a load of a second and a half.
fn shown(options: &str) -> Option<String> {
    let script = installed("script", "bsdutils")?;
    let server = backend("/");
    let line = format!(
        "{LOADGEN} --duration 1500ms --by-header x-real-server {options} {}",
        server.url
    );
    let mut command = Command::new(script);
    command.args(["-q", "-e", "-c", &line, "/dev/null"]);
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    Some(ran.stdout)
}

#[test]
fn the_bar_shows_rate_percentiles_errors_and_shares() {
    let Some(shown) = shown("--color always") else {
        return;
    };
    for part in [
        "━",
        " of 1.5 s  ",
        "/s",
        "p50 ",
        "p99 ",
        "0 failed",
        "rs1 100.0 %",
        "\u{1b}[36m",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // The bar is gone when the report is printed, which has its own line.
    let report = shown
        .split("Benchmarking 127.0.0.1 (be patient)\r\n")
        .nth(1)
        .unwrap();
    assert!(
        report.contains("\nServer Software:        backend/"),
        "{shown}"
    );
}

#[test]
fn a_quiet_load_has_no_bar_and_a_plain_one_no_colours() {
    let (Some(quiet), Some(plain)) = (shown("-q"), shown("--color never")) else {
        return;
    };
    assert!(!quiet.contains('━') && quiet.contains("..done"), "{quiet}");
    assert!(
        plain.contains('━') && !plain.contains("\u{1b}[36m"),
        "{plain}"
    );
}
