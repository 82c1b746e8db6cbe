//! Ctrl-C while another run fetches the guest kernel.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use netns_lab::exit;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::Sandbox;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests!["faults": ctrl_c_while_another_run_fetches_is_inconclusive]
}

fn ctrl_c_while_another_run_fetches_is_inconclusive() -> Outcome {
    if Path::new("/usr/bin/linux.uml").exists() {
        return Err(Skipped(
            "user-mode-linux is installed, so nothing is fetched".to_owned(),
        ));
    }
    let sandbox = Sandbox::new();
    let cache = sandbox.make_folder("cache/netns-lab/user-mode-linux");
    let lock = File::create(cache.join("lock")).expect("the sandbox is writable");
    lock.lock().expect("nobody else holds the lock");
    let mut child = sandbox
        .run_command(&["nat-wrr", "--engine", "uml"])
        .env("XDG_CACHE_HOME", sandbox.path("cache"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let mut said = String::new();
    while !said.contains("waiting for another run") {
        said += &lines
            .next()
            .expect("it waits, and says so")
            .expect("it writes text");
    }
    let pid = Pid::from_raw(child.id().cast_signed());
    kill(pid, Signal::SIGINT).expect("it is there");
    let status = child.wait().expect("it is ours");
    assert_eq!(status.code(), Some(exit::INCONCLUSIVE.into()), "{said}");
    Ok(())
}
