//! Decisions of real kernels, recorded by `netns-lab`'s conformance tests: the models decide the same.
//! See `traces/README.md`.
#![expect(
    clippy::disallowed_methods,
    reason = "the traces are files, and the command's own test has to start the command"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use analysis::model::{Determinism, KernelVersion};
use analysis::trace::{Trace, conform};
use director_setup::Scheduler;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces");

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "trace"))
        .collect();
    files.sort();
    files
}

fn read(file: &Path) -> Trace {
    let text = fs::read_to_string(file).expect("it can be read");
    let trace = text.parse();
    trace.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn analysis(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_analysis"))
        .args(arguments)
        .output()
        .expect("the command starts")
}

#[test]
fn every_decision_and_count_of_every_kernel_is_the_models() {
    for file in files() {
        let conformance = conform(&read(&file)).unwrap();
        if let Some(disagreement) = &conformance.first_disagreement {
            panic!("{}: {disagreement}", file.display());
        }
        assert!(conformance.picks.compared >= 400, "{}", file.display());
        assert!(conformance.counts.compared > 0, "{}", file.display());
    }
}

#[test]
fn there_is_a_trace_of_every_scheduler_that_does_not_draw() {
    let traced = files()
        .iter()
        .map(|file| read(file).header().scheduler.clone())
        .collect::<BTreeSet<_>>();
    let drawn = |one: &Scheduler| Determinism::of(one) == Some(Determinism::LoadAndChance);
    let wanted = Scheduler::KNOWN.into_iter().filter(|one| !drawn(one));
    assert_eq!(traced, wanted.collect());
}

/// Traces with thresholds tell the kernels before and after "ipvs: add totalconns for dest" apart.
#[test]
fn what_one_kernel_did_is_not_what_another_would_have_done() {
    for (kernel, other) in [("6.1.176", "6.12.113"), ("7.2.7", "6.1.176")] {
        let name = format!("wlc-7_11_13-constant_changes-limits-{kernel}.trace");
        let text = fs::read_to_string(Path::new(FOLDER).join(name)).unwrap();
        let altered = text.replacen(&format!("kernel {kernel}"), &format!("kernel {other}"), 1);
        let conformance = conform(&altered.parse().unwrap()).unwrap();
        assert!(
            conformance.first_disagreement.is_some(),
            "{kernel} as {other}"
        );
    }
}

#[test]
fn a_trace_is_written_as_it_is_committed() {
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(read(&file).to_string() == text, "{}", file.display());
    }
}

#[test]
fn every_trace_is_named_after_its_scheduler_and_kernel() {
    for file in files() {
        let trace = read(&file);
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let header = trace.header();
        assert!(
            name.starts_with(&format!("{}-", header.scheduler)),
            "{name}"
        );
        assert!(name.ends_with(&format!("-{}", header.kernel)), "{name}");
        assert!(header.kernel.parse::<KernelVersion>().is_ok(), "{name}");
    }
}

fn wrr() -> String {
    format!("{FOLDER}/wrr-4_3_2-constant_changes-6.1.176.trace")
}

#[test]
fn replay_says_in_a_line_that_everything_agrees() {
    let output = analysis(&["replay", &wrr()]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let start = format!("{}: wrr on 6.1.176: 400 of 400 picks and ", wrr());
    assert!(text.starts_with(&start), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn replay_as_json_is_an_object_for_each_trace() {
    let output = analysis(&["replay", "--format", "json", &wrr(), &wrr()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(values.len(), 2);
    assert_eq!(values[0]["picks"]["agreed"], 400);
    assert_eq!(values[0]["first_disagreement"], serde_json::Value::Null);
}

#[test]
fn replay_exits_1_and_shows_where_kernel_and_model_part() {
    let text = fs::read_to_string(wrr()).unwrap();
    let altered = text.replacen("scheduler wrr", "scheduler rr", 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("altered.trace");
    fs::write(&file, altered).unwrap();
    let output = analysis(&["replay", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "rr on 6.1.176",
        "\nline ",
        "\n  model   10.1.0.",
        "weight   active",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn replay_exits_2_and_names_the_file_and_its_line() {
    let no_trace = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (file, why) in [
        ("no-such.trace", "No such file"),
        (no_trace, "line 1: this is no trace of format 1"),
    ] {
        let output = analysis(&["replay", file]);
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            message.starts_with(&format!("error: {file}: {why}")),
            "{message}"
        );
    }
}
