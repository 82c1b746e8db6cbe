//! The report of a load that ab has just sent, printed from its own numbers.

use std::path::Path;
use std::process::Command;

use loadgen::ab::report::results;

use crate::differential::ab;
use crate::golden::options;
use crate::servers::{backend, nginx};
use crate::transcript::Transcript;

/// Runs ab and keeps both of its outputs, stderr's before stdout's results.
fn run_ab(ab: &Path, arguments: &[&str]) -> Transcript {
    let output = Command::new(ab).args(arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {stdout}{:?}",
        output.stderr
    );
    Transcript::parse(&format!("$ ab {}\n{stdout}[exit 0]\n", arguments.join(" ")))
}

/// Reports of loads as ab sends them today, whatever version of ab is installed.
const REPORTED: [&[&str]; 14] = [
    &["-n", "1"],
    &["-n", "120", "-c", "7"],
    &["-k", "-n", "120", "-c", "7"],
    &["-n", "120", "-c", "7", "-l"],
    &["-n", "120", "-c", "7", "-S"],
    &["-n", "120", "-c", "7", "-d"],
    &["-n", "120", "-c", "7", "-Sd"],
    &["-i", "-n", "20"],
    &["-k", "-n", "20", "-p", "Cargo.toml", "-T", "text/plain"],
    &["-n", "20", "-u", "Cargo.toml"],
    &["-n", "20", "-m", "DELETE"],
    &["-w", "-n", "20", "-c", "2"],
    &[
        "-k",
        "-x",
        "border=1",
        "-y",
        "align=left",
        "-z",
        "valign=top",
        "-n",
        "20",
    ],
    &[
        "-n",
        "20",
        "-A",
        "user:password",
        "-C",
        "a=b",
        "-H",
        "X-A:1",
    ],
];

#[track_caller]
fn same_reports(ab: &Path, url: &str) {
    for load in REPORTED {
        let arguments = [load, &[url]].concat();
        let transcript = run_ab(ab, &arguments);
        let options = options(&transcript.arguments);
        let ours = results(
            &transcript.figures(),
            &transcript.latencies(),
            &options.layout,
        );
        let start = transcript.text.find("\n\n\n").unwrap() + 1;
        assert_eq!(ours, transcript.text[start..], "{arguments:?}");
    }
}

#[test]
fn a_report_of_ab_at_a_backend_is_printed_the_same() {
    let Some(ab) = ab() else { return };
    same_reports(&ab, &backend("/bytes/1000").url);
}

#[test]
fn a_report_of_ab_at_nginx_is_printed_the_same() {
    let (Some(ab), Some(server)) = (ab(), nginx("1k.txt")) else {
        return;
    };
    same_reports(&ab, &server.url);
    same_reports(&ab, &server.url.replace("1k.txt", "none"));
}
