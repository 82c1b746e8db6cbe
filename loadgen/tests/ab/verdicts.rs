//! Both programs take the same command lines.
//!
//! Nothing listens on port 1, so that ab ends at once with the errno of the refused connection if
//! it takes a command line. It exits with 22 or 1 before it connects if it does not.

use std::process::{Command as Process, Stdio};

use loadgen::ab::{Command, parse};

use crate::differential::ab;

const URL: &str = "http://127.0.0.1:1/";

/// Taken by both.
const TAKEN: [&[&str]; 44] = [
    &[],
    &["-n2", "-kr"],
    &["-krn2"],
    &["-kqdSlrn", "5"],
    &["--"],
    &["-n", "+5"],
    &["-n", " 5"],
    &["-n", "5", "-c", "5"],
    &["-n1", "-n2", "-c2"],
    &["-t", "1", "-c", "50000"],
    &["-n", "1", "-t", "1", "-c", "2"],
    &["-s", "3"],
    &["-b", "4096"],
    &["-b", "0"],
    &["-v", "0"],
    &["-v", "1"],
    &["-p", "Cargo.toml"],
    &["-u", "Cargo.toml", "-T", "a/b"],
    &["-p", "Cargo.toml", "-m", "PATCH"],
    &["-i", "-m", "FOO"],
    &["-m", "DELETE"],
    &["-i"],
    &["-C", "a=b", "-C", "c=d"],
    &["-H", "X-A: 1", "-HX-B:2"],
    &["-H", "Host: a", "-H", "Accept: b", "-H", "User-Agent: c"],
    &["-A", "user:password"],
    &["-A", "", "-P", " a:b"],
    &["-P", "user:password"],
    &["-X", "127.0.0.1:1"],
    &["-w"],
    &["-x", "border=1", "-y", "", "-z", "a=b"],
    &["-k"],
    &["-d"],
    &["-S"],
    &["-q"],
    &["-l"],
    &["-r", "-n", "1"],
    &["-g", "/dev/null"],
    &["-e", "/dev/null"],
    &["-B", "127.0.0.1"],
    &["-I"],
    &["-f", "ALL"],
    &["-f", "tls1.2"],
    &["-f", "TLS1.3"],
];

/// Refused by both.
const REFUSED: [&[&str]; 31] = [
    &["-n", "0", URL],
    &["-n", "-3", URL],
    &["-n", "abc", URL],
    &["-n", "0x10", URL],
    &["-n", "2147483648", "-n", "0", URL],
    &["-nV", URL],
    &["-n"],
    &["-n", URL],
    &["-c", "-1", URL],
    &["-c", "200001", "-n", "300000", URL],
    &["-c", "0", URL],
    &["-c", "abc", URL],
    &["-c", "5", "-n", "3", URL],
    &["-c", "2", URL],
    &["-t", "1", "-n", "1", "-c", "2", URL],
    &["-i", "-p", "Cargo.toml", URL],
    &["-p", "Cargo.toml", "-i", URL],
    &["-p", "Cargo.toml", "-u", "Cargo.toml", URL],
    &["-i", "-i", URL],
    &["-m", "FOO", "-i", URL],
    &["-m", "FOO", "-p", "Cargo.toml", URL],
    &["-p", "no-such-file", URL],
    &["-u", "src", URL],
    &[],
    &[URL, URL],
    &[URL, "-k"],
    &["-", URL],
    &["http://127.0.0.1:1"],
    &["http:///x"],
    &["http://127.0.0.1:0/"],
    &["http://127.0.0.1:70000/"],
];

fn ours(arguments: &[&str]) -> bool {
    match parse(arguments.iter().map(Into::into)) {
        Ok(Command::Load(options)) => options.read_body().is_ok(),
        Ok(_) => panic!("{arguments:?} is no load"),
        Err(_) => false,
    }
}

/// ab's exit code: 111 is `ECONNREFUSED`, 0 is a load with -r.
fn code(ab: &std::path::Path, arguments: &[&str]) -> Option<i32> {
    let mut process = Process::new(ab);
    process
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let silent = process
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().unwrap().code()
}

#[test]
fn what_ab_takes_is_taken() {
    let Some(ab) = ab() else { return };
    for options in TAKEN {
        let line = [options, &[URL]].concat();
        assert!(matches!(code(&ab, &line), Some(0 | 111)), "ab: {line:?}");
        assert!(ours(&line), "{line:?}");
    }
}

#[test]
fn what_ab_refuses_is_refused() {
    let Some(ab) = ab() else { return };
    for line in REFUSED {
        assert!(matches!(code(&ab, line), Some(1 | 22)), "ab: {line:?}");
        assert!(!ours(line), "{line:?}");
    }
}

/// The differences that the help lists: ab takes these in a way that nobody can mean.
#[test]
fn what_ab_misreads_is_refused() {
    let Some(ab) = ab() else { return };
    for options in [
        ["-9"].as_slice(),
        &["-n", "5x"],
        &["-s", "abc"],
        &["-s", "0"],
        &["-b", "abc"],
        &["-v", "abc"],
        &["-t", "-1"],
        &["-H", "nonsense"],
        &["-m", ""],
        &["-f", "nonsense"],
        &["-X", "127.0.0.1:1x", "-n", "1"],
    ] {
        let line = [options, &[URL]].concat();
        assert_eq!(code(&ab, &line), Some(111), "ab: {line:?}");
        assert!(!ours(&line), "{line:?}");
    }
}
