//! The command as a script sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn director_setup(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_director-setup"))
        .args(arguments)
        .output()
        .expect("it was built for this test")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file with this text in the folder that cargo keeps for tests.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("cargo made the folder");
    path
}

fn apply(path: &Path) -> Output {
    director_setup(&["apply", "--dry-run", path.to_str().expect("it is ASCII")])
}

#[test]
fn list_shows_the_services_or_says_what_the_machine_lacks() {
    let output = director_setup(&["list"]);
    match output.status.code() {
        Some(0) => assert!(output.stdout.starts_with(b"IPVS 1.2.1")),
        Some(69) => {
            let text = errors(&output);
            let remedy = ["modprobe ip_vs", "CAP_NET_ADMIN"];
            assert!(remedy.iter().any(|remedy| text.contains(remedy)), "{text}");
        }
        other => panic!("{other:?}: {}", errors(&output)),
    }
}

#[test]
fn a_missing_file_and_a_wrong_file_are_usage_errors_before_the_kernel_is_asked() {
    let missing = apply(Path::new("no/such/file.toml"));
    assert_eq!(missing.status.code(), Some(2));
    assert!(errors(&missing).starts_with("error: cannot read no/such/file.toml: "));

    let wrong = apply(&file("wrong.toml", "[[service]]\nprotocol = \"tpc\"\n"));
    assert_eq!(wrong.status.code(), Some(2));
    let text = errors(&wrong);
    assert!(
        text.contains("wrong.toml:2: ") && text.contains("write tcp, udp or sctp"),
        "{text}"
    );
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    assert_eq!(director_setup(&["list", "--color"]).status.code(), Some(2));
}

#[test]
fn an_empty_file_changes_nothing_where_there_is_ipvs() {
    let output = apply(&file("empty.toml", ""));
    match output.status.code() {
        Some(0) => assert_eq!(output.stdout, b"nothing to change\n"),
        other => assert_eq!(other, Some(69), "{}", errors(&output)),
    }
}

#[test]
fn an_export_and_a_plan_work_or_say_what_the_machine_lacks() {
    let path = file("none.toml", "");
    let path = path.to_str().expect("it is ASCII");
    for words in [
        &["export"][..],
        &["plan", path],
        &["plan", path, "--format", "json"],
    ] {
        let output = director_setup(words);
        match output.status.code() {
            Some(0) => assert!(!output.stdout.is_empty()),
            other => assert_eq!(other, Some(69), "{}", errors(&output)),
        }
    }
}

#[test]
fn a_wait_that_is_no_number_is_a_usage_error() {
    let output = director_setup(&["apply", "none.toml", "--prune", "--drain", "soon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("write a number of seconds, such as 30"));
}

#[test]
fn to_drain_without_deleting_anything_is_a_usage_error() {
    let output = director_setup(&["apply", "none.toml", "--drain", "30"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("--prune"), "{}", errors(&output));
}

#[test]
fn a_file_without_services_does_not_delete_everything_by_accident() {
    let empty = file("blank.toml", "# nothing\n");
    let cut_short = file(
        "cut_short.toml",
        "sync_daemon = []\n\n[timeouts]\ntcp = 900\n",
    );
    for path in [empty, cut_short] {
        let path = path.to_str().expect("it is ASCII");
        for command in ["plan", "apply"] {
            let output = director_setup(&[command, "--prune", path]);
            assert_eq!(output.status.code(), Some(2));
            let text = errors(&output);
            assert!(text.contains("write `service = []` at its top"), "{text}");
        }
    }
    let meant = file("meant.toml", "service = []\n");
    let output = director_setup(&["plan", "--prune", meant.to_str().expect("it is ASCII")]);
    assert_ne!(output.status.code(), Some(2), "{}", errors(&output));
}
