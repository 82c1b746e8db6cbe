//! The same load from ab and from this program, at the same servers.

use std::path::PathBuf;
use std::process::Command;

use loadgen::ab::report::results;

use crate::golden::options;
use crate::servers::{Server, backend, nginx};
use crate::transcript::Transcript;

/// The real ab. Without it the tests are skipped, but not in the gate.
pub(crate) fn ab() -> Option<PathBuf> {
    installed("ab", "apache2-utils")
}

/// A program that a test needs.
pub(crate) fn installed(program: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where users do not look.
    let directories = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut places = directories.map(|directory| directory.join(program));
    let found = places.find(|place| place.is_file());
    if found.is_none() {
        let advice = format!("{program} is not installed: apt-get install {package}");
        assert!(std::env::var_os("CI").is_none(), "{advice}");
        eprintln!("skipped: {advice}");
    }
    found
}

/// What both programs count.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    complete: u64,
    failed: u64,
    body_bytes: u64,
}

/// Runs ab and keeps both of its outputs, stderr's before stdout's results.
fn run_ab(ab: &PathBuf, arguments: &[&str]) -> Transcript {
    let output = Command::new(ab).args(arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {stdout}{:?}",
        output.stderr
    );
    Transcript::parse(&format!("$ ab {}\n{stdout}[exit 0]\n", arguments.join(" ")))
}

fn counts(transcript: &Transcript) -> Counts {
    let figures = transcript.figures();
    Counts {
        complete: figures.complete,
        failed: figures.failures.total(),
        body_bytes: figures.body_received,
    }
}

fn run_loadgen(arguments: &[&str]) -> Counts {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    let output = command.args(arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let shown = format!("$ ab {}\n{stdout}[exit 0]\n", arguments.join(" "));
    counts(&Transcript::parse(&shown))
}

/// Loads whose counts both programs agree on to the request.
const COUNTED: [&[&str]; 5] = [
    &["-n", "1"],
    &["-n", "200", "-c", "10", "-q"],
    &["-k", "-n", "200", "-c", "10", "-q"],
    &["-n", "150", "-c", "150", "-H", "X-A: 1"],
    &["-kc", "3", "-n", "100", "-s", "10"],
];

#[track_caller]
fn same_counts(ab: &PathBuf, server: &Server) {
    for load in COUNTED {
        let arguments = [load, &[server.url.as_str()]].concat();
        let theirs = counts(&run_ab(ab, &arguments));
        assert_eq!(run_loadgen(&arguments), theirs, "{arguments:?}");
    }
}

#[test]
fn ab_and_loadgen_count_the_same_at_a_backend() {
    let Some(ab) = ab() else { return };
    same_counts(&ab, &backend("/bytes/1000"));
}

#[test]
fn ab_and_loadgen_count_the_same_at_nginx() {
    let (Some(ab), Some(server)) = (ab(), nginx("1k.txt")) else {
        return;
    };
    same_counts(&ab, &server);
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
fn same_reports(ab: &PathBuf, url: &str) {
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

/// The header of a request, as the server reads it: ab's lines without the first.
#[test]
fn the_headers_are_those_that_ab_sends() {
    let Some(ab) = ab() else { return };
    for load in [
        ["-n", "1"].as_slice(),
        &[
            "-C",
            "a=b",
            "-A",
            "user:password",
            "-P",
            "x:y",
            "-H",
            "X-A: 1",
            "-H",
            "x-b:2",
        ],
        &[
            "-p",
            "Cargo.toml",
            "-T",
            "a/b",
            "-H",
            "Accept: c",
            "-A",
            " a:b",
        ],
        &["-u", "Cargo.toml", "-H", "User-Agent: d", "-H", "host:  e "],
        &["-m", "DELETE", "-v", "0"],
    ] {
        let (listener, url) = crate::servers::listener("/p?q");
        let arguments = [load, &[url.as_str()]].concat();
        let mut child = Command::new(&ab)
            .args(&arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let header = crate::servers::answer_one(&listener);
        child.wait().unwrap();
        let mut lines = header.lines();
        let options = options(
            &arguments
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        );
        let first = format!("{} {} HTTP/1.0", options.method, options.request_target());
        assert_eq!(lines.next(), Some(&*first));
        let theirs: Vec<String> = lines
            .take_while(|line| !line.is_empty())
            .map(normalised)
            .collect();
        let length = options.read_body().unwrap().map(|body| body.len() as u64);
        let fields = options.header_fields(length);
        let ours: Vec<String> = fields
            .iter()
            .map(|field| normalised(&format!("{}: {}", field.name, field.value)))
            .collect();
        assert_eq!(ours, theirs);
    }
}

/// Blanks around a value, the case of a name and the name of the program make no difference.
fn normalised(line: &str) -> String {
    let (name, value) = line.split_once(':').unwrap();
    let name = name.to_lowercase();
    let program =
        name == "user-agent" && (value.contains("ApacheBench") || value.contains("loadgen"));
    format!(
        "{name}: {}",
        if program { "(program)" } else { value.trim() }
    )
}
