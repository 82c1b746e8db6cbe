//! The command, on saved records.
#![expect(
    clippy::disallowed_methods,
    reason = "the command's own test has to start the command"
)]

use std::process::{Command, Output};

/// Committed as version 1 wrote it: later versions must read it.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/nat-wlc.json");

fn analysis(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_analysis"))
        .args(arguments)
        .output()
        .expect("the command starts")
}

#[test]
fn a_saved_record_is_reported_in_every_format() {
    for (format, start) in [
        ("text", "✓ PASS  nat-wlc"),
        ("json", "{\"format\":1,"),
        ("csv", "experiment,verdict,"),
        ("markdown", "## ✓ nat-wlc: pass"),
        ("html", "<!DOCTYPE html>"),
    ] {
        let output = analysis(&["report", RECORD, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(
            String::from_utf8_lossy(&output.stdout).starts_with(start),
            "{format}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_or_no_record_exits_2_and_is_named() {
    let no_record = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for file in ["no-such-record.json", no_record] {
        let output = analysis(&["report", file]);
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            message.starts_with(&format!("error: {file}: ")),
            "{message}"
        );
    }
}

#[test]
fn an_unknown_format_exits_2_and_says_which_there_are() {
    let output = analysis(&["report", RECORD, "--format", "pdf"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("markdown"));
}
