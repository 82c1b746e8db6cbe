//! The same load from ab and from this program, at the same servers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{LOADGEN, Ran, run};
use crate::servers::{Server, answering, backend, nginx};

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

/// The same header from both, so that both send the same number of bytes.
const SAME_AGENT: [&str; 2] = ["-H", "User-Agent: same"];

/// Loads whose reports are the same but for the times.
const LOADS: [&[&str]; 25] = [
    &["-n", "1"],
    &["-n", "200", "-c", "10", "-q"],
    &["-k", "-n", "200", "-c", "10", "-q"],
    &["-k", "-n", "160", "-c", "4"],
    &["-n", "150", "-c", "150", "-H", "X-A: 1"],
    &["-kc", "3", "-n", "100", "-s", "10"],
    &["-p", "Cargo.toml", "-T", "a/b", "-n", "20", "-c", "2"],
    &["-k", "-p", "Cargo.toml", "-n", "20"],
    &["-u", "Cargo.toml", "-n", "20"],
    &[
        "-k",
        "-u",
        "Cargo.toml",
        "-m",
        "PATCH",
        "-n",
        "20",
        "-c",
        "5",
    ],
    &["-i", "-n", "20"],
    &["-i", "-k", "-n", "20", "-c", "2"],
    &["-m", "DELETE", "-n", "20"],
    &["-k", "-m", "OPTIONS", "-n", "20"],
    &["-A", "user:password", "-n", "5"],
    &["-P", "user:password", "-k", "-n", "5"],
    &["-C", "a=b", "-n", "5"],
    &["-H", "Accept: text/html", "-H", "Host: vip", "-n", "5"],
    &["-l", "-n", "20", "-c", "3"],
    &["-S", "-n", "20"],
    &["-d", "-n", "20"],
    &["-Sdl", "-n", "20"],
    &["-w", "-n", "20", "-c", "2"],
    &["-k", "-x", "border=1", "-y", "a=b", "-z", "c=d", "-n", "20"],
    &["-r", "-b", "4096", "-n", "20"],
];

/// A report without what depends on time: the banner's words, the digits of times and rates, and
/// the doubts about them. Nor is there what this program says beyond ab.
fn timeless(ran: &Ran) -> Vec<String> {
    let report = ran.stdout.split("\n\n\n").nth(1).unwrap_or_default();
    let beyond = ["\nCoordinated omission", "\nFailures by class", "<pre>"];
    let end = beyond.iter().filter_map(|start| report.find(start)).min();
    let lines = report[..end.unwrap_or(report.len())].trim_end().lines();
    let doubt = |line: &&str| {
        ["WARNING: ", "ERROR: ", "        These", "       deviation"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    lines
        .filter(|line| !doubt(line))
        .map(without_time)
        .collect()
}

fn without_time(line: &str) -> String {
    let timed = [
        "Time ",
        "Requests per",
        "Transfer rate",
        "kb/s",
        "Connect:",
        "Processing:",
        "Waiting:",
        "Total:",
        "% ",
    ];
    if !timed.iter().any(|label| line.contains(label)) {
        return line.to_owned();
    }
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let numbers = line.replace(|c: char| c.is_ascii_whitespace(), " ");
    let mut shown: String = numbers.chars().map(digit).collect();
    for (several, one) in [("00", "0"), ("0.0", "0"), ("  ", " ")] {
        while shown.contains(several) {
            shown = shown.replace(several, one);
        }
    }
    shown
}

/// Both programs' reports of the same load.
#[track_caller]
fn both(ab: &Path, load: &[&str], url: &str) -> [Ran; 2] {
    [ab.as_os_str(), LOADGEN.as_ref()]
        .map(|program| run(Command::new(program).args(load).args(SAME_AGENT).arg(url)))
}

#[track_caller]
fn same(ab: &Path, load: &[&str], url: &str) {
    let [theirs, ours] = both(ab, load, url);
    let report = timeless(&theirs);
    assert!(report.len() > 10, "{load:?}: {theirs:?}");
    assert_eq!(timeless(&ours), report, "{load:?} {url}");
}

/// At a page, and at one that does not exist.
#[track_caller]
fn same_at(ab: &Path, server: &Server, missing: &str) {
    for load in LOADS {
        same(ab, load, &server.url);
    }
    for load in [
        ["-n", "20", "-c", "2"].as_slice(),
        &["-k", "-n", "20"],
        &["-i", "-n", "3"],
    ] {
        same(ab, load, missing);
    }
}

#[test]
fn both_programs_report_the_same_of_a_backend() {
    let Some(ab) = ab() else { return };
    let server = backend("/bytes/1000");
    same_at(&ab, &server, &server.url.replace("bytes/1000", "none"));
}

#[test]
fn both_programs_report_the_same_of_nginx() {
    let (Some(ab), Some(server)) = (ab(), nginx("1k.txt")) else {
        return;
    };
    same_at(&ab, &server, &server.url.replace("1k.txt", "none"));
}

/// The backend takes the whole URL that a proxy is asked for.
#[test]
fn both_programs_report_the_same_through_a_proxy() {
    let Some(ab) = ab() else { return };
    let server = backend("/");
    let proxy = server
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    for load in [
        ["-X", proxy, "-n", "20", "-c", "2"].as_slice(),
        &["-X", proxy, "-k", "-n", "20"],
        &[
            "-X",
            proxy,
            "-P",
            "user:password",
            "-p",
            "Cargo.toml",
            "-n",
            "5",
        ],
    ] {
        same(&ab, load, "http://vip.invalid:8080/bytes/1000");
    }
}

/// A server whose body is longer with every other response.
fn varying() -> String {
    let mut count = 0;
    answering(move || {
        count += 1;
        let body = "x".repeat(10 + count % 2);
        format!("HTTP/1.0 200 OK\r\nServer: varying\r\n\r\n{body}")
    })
}

#[test]
fn bodies_of_other_lengths_fail_in_both_programs_unless_they_may_vary() {
    let Some(ab) = ab() else { return };
    for (options, failed) in [(["-n", "20"].as_slice(), "10"), (&["-l", "-n", "20"], "0")] {
        let [theirs, ours] = [ab.as_os_str(), LOADGEN.as_ref()]
            .map(|program| run(Command::new(program).args(options).arg(varying())));
        for label in [
            "Server Software",
            "Document Length",
            "Complete requests",
            "Failed requests",
            "Total transferred",
            "HTML transferred",
        ] {
            assert_eq!(ours.value(label), theirs.value(label), "{label}");
        }
        assert_eq!(ours.value("Failed requests"), failed);
        assert_eq!(ours.code, Some(i32::from(failed != "0")));
        let classes = "(Connect: 0, Receive: 0, Length: 10, Exceptions: 0)";
        for ran in [&theirs, &ours] {
            assert_eq!(ran.stdout.contains(classes), failed == "10", "{ran:?}");
        }
    }
}

/// The differences of the help: ab counts one refusal up to three times, and as complete.
#[test]
fn a_refused_connection_is_one_failure_and_not_complete_as_it_is_in_ab() {
    let Some(ab) = ab() else { return };
    let url = "http://127.0.0.1:1/";
    let [theirs, ours] = both(&ab, &["-r", "-n", "5"], url);
    assert_eq!(theirs.value("Complete requests"), "5");
    assert_ne!(theirs.value("Failed requests"), "5");
    assert_eq!(ours.value("Complete requests"), "0");
    assert_eq!(ours.value("Failed requests"), "5");
    let [theirs, ours] = both(&ab, &["-n", "5"], url);
    assert_eq!(
        (theirs.code, theirs.stdout.contains("Complete")),
        (Some(111), false)
    );
    assert_eq!((ours.code, ours.value("Failed requests")), (Some(1), "5"));
}

/// One request in three is answered by a reset.
#[test]
fn a_reset_is_one_failure_with_r_and_without() {
    let Some(ab) = ab() else { return };
    let resetting = || {
        let mut count = 0;
        answering(move || {
            count += 1;
            if count % 3 == 0 {
                return "RESET".to_owned();
            }
            "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n0123456789".to_owned()
        })
    };
    for options in [["-r", "-n", "9"].as_slice(), &["-n", "9"]] {
        let [theirs, ours] = [ab.as_os_str(), LOADGEN.as_ref()]
            .map(|program| run(Command::new(program).args(options).arg(resetting())));
        assert_eq!(ours.value("Complete requests"), "6");
        assert_eq!(ours.value("Failed requests"), "3");
        assert!(
            ours.stdout.contains("response-reset                3"),
            "{ours:?}"
        );
        if options.contains(&"-r") {
            assert_eq!(theirs.value("Complete requests"), "9");
            assert_ne!(theirs.value("Failed requests"), "3");
        } else {
            assert_eq!(theirs.code, Some(104), "ab ends without a report");
        }
    }
}

/// `-e` and `-g`: the same number of lines, and of columns in each, with the same heads.
#[test]
fn both_programs_write_files_of_the_same_form() {
    let Some(ab) = ab() else { return };
    let server = backend("/");
    let directory = tempfile::tempdir().unwrap();
    for (option, separator, of_line) in [("-e", ',', 1_usize), ("-g", '\t', 5)] {
        let forms = [ab.as_os_str(), LOADGEN.as_ref()].map(|program| {
            let file = directory.path().join("file");
            let ran = run(Command::new(program)
                .args(["-n", "30", "-c", "3", option])
                .arg(&file)
                .arg(&server.url));
            assert_eq!(ran.code, Some(0));
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::remove_file(&file).unwrap();
            let head = text.lines().next().unwrap().to_owned();
            let separators: Vec<_> = text.lines().map(|l| l.matches(separator).count()).collect();
            (head, separators)
        });
        assert_eq!(forms[0], forms[1], "{option}");
        assert!(
            forms[0].1.iter().all(|count| *count == of_line),
            "{forms:?}"
        );
    }
}

/// What a server reads of both programs' requests: the same bytes but for the program's name.
#[test]
fn the_bytes_of_a_request_are_those_of_ab() {
    let Some(ab) = ab() else { return };
    for load in [
        ["-n", "1"].as_slice(),
        &["-k", "-n", "1"],
        &["-i"],
        &[
            "-m",
            "DELETE",
            "-C",
            "a=b",
            "-A",
            "user:password",
            "-P",
            "x:y",
        ],
        &[
            "-k",
            "-p",
            "Cargo.toml",
            "-T",
            "a/b",
            "-H",
            "X-a: 1",
            "-H",
            "x-B: 2",
        ],
        &["-u", "Cargo.toml", "-H", "Accept: c", "-A", " a:b"],
        &["-p", "Cargo.toml", "-m", "PATCH"],
        &["-H", "User-Agent: d", "-H", "Host: e"],
    ] {
        for proxied in [false, true] {
            let requests = [ab.as_os_str(), LOADGEN.as_ref()].map(|program| {
                let (listener, url) = crate::servers::listener("/p?q");
                let address = listener.local_addr().unwrap().to_string();
                let mut command = Command::new(program);
                command.args(load).current_dir(env!("CARGO_MANIFEST_DIR"));
                if proxied {
                    command.args(["-X", &address, "http://vip.invalid:81/p?q"]);
                } else {
                    command.arg(&url);
                }
                let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = quiet.spawn().unwrap();
                let request = crate::servers::answer_one(&listener);
                child.wait().unwrap();
                // The listener's port differs.
                request.replace(&address, "ADDRESS")
            });
            let ours = concat!("loadgen/", env!("CARGO_PKG_VERSION"));
            let ours = requests[1].replace(ours, "ApacheBench/2.3");
            assert_eq!(ours, requests[0], "{load:?}");
        }
    }
}
