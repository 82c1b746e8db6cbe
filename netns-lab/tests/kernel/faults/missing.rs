//! Machines that lack something, and folders that cannot be written to.

use std::fs;
use std::path::Path;

use netns_lab::engine::Native;
use netns_lab::exit;

use crate::command::{Finished, Sandbox};
use crate::skip::{Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "faults":
        the_running_kernel_is_used_if_it_has_ipvs_and_is_missing_otherwise,
        a_guest_kernel_that_is_not_there_is_wrong_usage,
        a_guest_kernel_for_the_native_engine_is_wrong_usage,
        a_program_that_is_no_guest_kernel_is_missing,
        a_package_archive_out_of_reach_is_missing_and_the_remedy_is_named,
        a_cache_folder_that_cannot_be_made_is_missing_and_the_remedy_is_named,
        an_unwritable_folder_for_the_results_is_found_before_anything_boots,
    ]
}

/// What the command says of the engine, once it has chosen one.
const CHOSEN: &str = "engine uml: ";

fn the_running_kernel_is_used_if_it_has_ipvs_and_is_missing_otherwise() {
    let args = ["nat-wrr", "--engine", "native", "--requests", "100"];
    let finished = Sandbox::new().run(&args);
    match Native::probe() {
        Ok(_) => finished.assert_said(exit::PASS, &["engine native: the running kernel"]),
        Err(_) => finished.assert_said(exit::MISSING, &["engine native is not to be had"]),
    }
}

fn a_guest_kernel_that_is_not_there_is_wrong_usage() {
    let finished = Sandbox::new().run(&["nat-wrr", "--kernel", "/nonexistent/linux.uml"]);
    finished.assert_said(exit::USAGE, &["/nonexistent/linux.uml", "no such file"]);
}

fn a_guest_kernel_for_the_native_engine_is_wrong_usage() {
    let args = ["nat-wrr", "--engine", "native", "--kernel", "/bin/false"];
    let finished = Sandbox::new().run(&args);
    finished.assert_said(exit::USAGE, &["--kernel", "--engine native has no guest"]);
}

fn a_program_that_is_no_guest_kernel_is_missing() {
    let finished = Sandbox::new().run(&["nat-wrr", "--kernel", "/bin/false"]);
    let parts = ["no user-mode Linux kernel", "user-mode-linux package"];
    finished.assert_said(exit::MISSING, &parts);
}

/// An archive on a port where nobody listens, and nothing of this machine's own configuration.
const UNREACHABLE: &str = r#"
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Acquire::Retries "0";
"#;

fn a_package_archive_out_of_reach_is_missing_and_the_remedy_is_named() {
    let sandbox = Sandbox::new();
    let list = "deb [trusted=yes] http://127.0.0.1:9/debian stable main\n";
    let list = sandbox.write("sources.list", list);
    let lines = format!(
        "{UNREACHABLE}Dir::Etc::sourcelist \"{}\";\n",
        list.display()
    );
    let configuration = sandbox.write("apt.conf", &lines);
    let mut command = sandbox.run_command(&["nat-wrr", "--engine", "uml", "--requests", "100"]);
    command
        .env("APT_CONFIG", configuration)
        .env("XDG_CACHE_HOME", sandbox.make_folder("cache"));
    let finished = Finished::of(&mut command);
    assert_missing(&finished, &["user-mode-linux", "--kernel"]);
    let cache = sandbox.path("cache/netns-lab/user-mode-linux");
    let left = fs::read_dir(cache).into_iter().flatten();
    let left: Vec<_> = left
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    assert!(
        left.iter().all(|name| name == "lock"),
        "half fetched: {left:?}"
    );
}

fn a_cache_folder_that_cannot_be_made_is_missing_and_the_remedy_is_named() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("file", "");
    let mut command = sandbox.run_command(&["nat-wrr", "--engine", "uml", "--requests", "100"]);
    let finished = Finished::of(command.env("XDG_CACHE_HOME", file));
    let parts = ["cannot use the cache folder", "XDG_CACHE_HOME"];
    assert_missing(&finished, &parts);
}

/// The run lacked its guest kernel, and said so with all of this. Where the package is installed
/// nothing has to be fetched, and it passed.
fn assert_missing(finished: &Finished, parts: &[&str]) {
    if Path::new("/usr/bin/linux.uml").exists() {
        finished.assert_said(exit::PASS, &[CHOSEN]);
    } else {
        finished.assert_said(exit::MISSING, parts);
        assert!(!finished.stderr.contains(CHOSEN), "{finished:#?}");
    }
}

fn an_unwritable_folder_for_the_results_is_found_before_anything_boots() {
    let sandbox = Sandbox::new();
    // Root may write anywhere, but not below a file.
    sandbox.write("file", "");
    for experiments in [&["nat-wrr"][..], &["nat-wrr", "nat-wlc"]] {
        let finished = sandbox.run(&[experiments, &["--out", "file/results"]].concat());
        finished.assert_said(exit::USAGE, &["cannot write to file/results", "--out"]);
        assert!(!finished.stderr.contains(CHOSEN), "{finished:#?}");
    }
}
