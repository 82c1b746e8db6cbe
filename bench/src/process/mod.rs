//! Processes: pinned to a core, measured, and ended with whoever started them.

pub(crate) mod background;
pub(crate) mod measured;
pub(crate) mod pinned;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, io};

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

pub(crate) use background::Background;
pub(crate) use measured::measure;

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

impl Program {
    pub(crate) fn new(path: impl Into<PathBuf>, arguments: Vec<String>) -> Self {
        let arguments = arguments.into_iter().map(OsString::from).collect();
        Self {
            path: path.into(),
            arguments,
        }
    }
}

/// A core for the client and one for the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) client: usize,
    pub(crate) server: usize,
}

impl Cores {
    /// The first two that this process may use.
    pub(crate) fn choose() -> Result<Self> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("cannot see the cores")?;
        let mut cores = (0..CpuSet::count()).filter(|&core| allowed.is_set(core) == Ok(true));
        match (cores.next(), cores.next()) {
            (Some(client), Some(server)) => Ok(Self { client, server }),
            _ => bail!("client and server need a core each, and this process may use only one"),
        }
    }
}

/// This executable in another part, which carries out a program on a core.
fn part(part: &str, core: usize, program: &Program) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args([part, &core.to_string()])
        .arg(&program.path)
        .args(&program.arguments);
    Ok(command)
}
