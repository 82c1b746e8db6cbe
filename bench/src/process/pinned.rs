//! Becoming a program that stays on one core and does not outlive whoever started it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// Replaces this process by the command; returns only if that fails.
pub(crate) fn run(core: usize, command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program is named")?;
    // Both last beyond the exec.
    set_pdeathsig(Signal::SIGKILL).context("cannot ask for a signal at the parent's end")?;
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)
        .with_context(|| format!("cannot stay on core {core}"))?;
    // A thousand connections want more than the usual limit of 1024.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let error = Command::new(program).args(arguments).exec();
    Err(anyhow!(error).context(format!("cannot run {}", program.display())))
}
