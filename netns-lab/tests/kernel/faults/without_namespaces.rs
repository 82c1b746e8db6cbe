//! Machines and containers that allow no namespaces: the guest has no walls around it.

use std::path::{Path, PathBuf};
use std::process::Command;

use netns_lab::exit;
use nix::sys::signal::Signal;

use super::running::{ENDLESS, Moment, Running};
use crate::command::{Finished, NETNS_LAB, Sandbox};
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "faults":
        without_namespaces_an_experiment_passes_and_leaves_nothing_behind,
        without_namespaces_ctrl_c_leaves_nothing_behind,
        without_namespaces_kill_9_leaves_nothing_behind,
    ]
}

/// Forbids namespaces below this user namespace, and runs what the arguments say.
const FORBID: &str = "for kind in user pid mnt; do
    echo 0 >/proc/sys/user/max_${kind}_namespaces || exit
done
exec \"$@\"";

/// `netns-lab run` with these arguments, where no namespace can be made.
fn run_command(sandbox: &Sandbox, args: &[&str]) -> Result<Command, Skipped> {
    let unshare = ["--user", "--map-root-user"];
    let probe = Command::new("unshare").args(unshare).arg("true").output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        let why = "there is no user namespace in which to forbid the others";
        return Err(Skipped(why.to_owned()));
    }
    let mut command = sandbox.command(Path::new("unshare"));
    command
        .args(unshare)
        .args(["sh", "-c", FORBID, "sh", NETNS_LAB, "run"])
        .args(args);
    Ok(command)
}

fn without_namespaces_an_experiment_passes_and_leaves_nothing_behind() -> Outcome {
    kernel::required()?;
    let sandbox = Sandbox::new();
    let args = ["nat-wrr", "--engine", "uml", "--requests", "100"];
    let finished = Finished::of(&mut run_command(&sandbox, &args)?);
    finished.assert_said(exit::PASS, &[]);
    assert_eq!(sandbox.temporary_files(), [] as [PathBuf; 0]);
    Ok(())
}

fn reach_load() -> Result<Running, Skipped> {
    let sandbox = Sandbox::new();
    let command = run_command(&sandbox, &ENDLESS)?;
    Running::reach(Moment::Load, sandbox, command)
}

fn without_namespaces_ctrl_c_leaves_nothing_behind() -> Outcome {
    let running = reach_load()?;
    running.signal(Signal::SIGINT);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::INCONCLUSIVE.into()), "{said}");
    Ok(())
}

fn without_namespaces_kill_9_leaves_nothing_behind() -> Outcome {
    let running = reach_load()?;
    running.signal(Signal::SIGKILL);
    let (code, said) = running.end();
    assert_eq!(code, None, "it was killed: {said}");
    Ok(())
}
