//! A program's CPU time and peak memory.
//!
//! `getrusage` tells the sum and the maximum over all children that have ended. So that these are of
//! one program only, a process of its own runs it and has no other child. The kernel takes the memory
//! of that process (about 3 MiB) for a part of the program's: no peak is below it.

use std::ffi::OsString;
use std::io::{self, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::sys::time::{TimeVal, TimeValLike};
use serde::{Deserialize, Serialize};

use super::{Program, part};
use crate::interrupt;

/// A client that takes longer is ended, and its sample invalid.
const LIMIT: Duration = Duration::from_secs(300);
/// How soon an interrupt is noticed.
const LOOK: Duration = Duration::from_millis(50);

/// What a program took, and what it said.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    succeeded: bool,
    /// How it ended, in words.
    status: String,
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
    pub(crate) peak_kib: u64,
    pub(crate) wall_us: u64,
    pub(crate) stdout: String,
    stderr: String,
}

/// The part of the process between: runs the command and prints a [`Measured`].
pub(crate) fn run(core: usize, command: &[OsString]) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("cannot ask for a signal at the parent's end")?;
    let (program, arguments) = command.split_first().context("no program is named")?;
    let program = Program {
        path: program.into(),
        arguments: arguments.to_vec(),
    };
    let began = Instant::now();
    let output = part("pinned", core, &program)?
        .stdin(Stdio::null())
        .output()?;
    let wall = began.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let measured = Measured {
        succeeded: output.status.success(),
        status: output.status.to_string(),
        user_us: microseconds(usage.user_time())?,
        system_us: microseconds(usage.system_time())?,
        peak_kib: u64::try_from(usage.max_rss())?,
        wall_us: u64::try_from(wall.as_micros())?,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    serde_json::to_writer(io::stdout(), &measured)?;
    Ok(())
}

fn microseconds(time: TimeVal) -> Result<u64> {
    Ok(u64::try_from(time.num_microseconds())?)
}

/// Runs a program on a core to its end. One that fails, hangs or is interrupted is an error.
pub(crate) fn measure(core: usize, program: &Program) -> Result<Measured> {
    let mut child = part("measured", core, program)?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start this executable again")?;
    let text = output(&mut child);
    // Where it is over already this does nothing. What it runs is ended with it.
    let _ = child.kill();
    child.wait()?;
    let text = text?;
    let measured: Measured = serde_json::from_str(&text)
        .with_context(|| format!("cannot measure {}", program.path.display()))?;
    if !measured.succeeded {
        bail!("it failed ({}): {}", measured.status, last_line(&measured));
    }
    Ok(measured)
}

/// What a child writes until its end, unless it takes too long.
fn output(child: &mut Child) -> Result<String> {
    let mut stdout = child.stdout.take().context("the output is not a pipe")?;
    let (sender, whole) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text);
        // Nobody listens any more where the child took too long.
        let _ = sender.send(read.map(|_| text));
    });
    let began = Instant::now();
    loop {
        match whole.recv_timeout(LOOK) {
            Ok(text) => return Ok(text?),
            Err(RecvTimeoutError::Disconnected) => bail!("its output could not be read"),
            Err(RecvTimeoutError::Timeout) if interrupt::requested() => bail!("interrupted"),
            Err(RecvTimeoutError::Timeout) if began.elapsed() > LIMIT => {
                bail!("it did not end within {} s", LIMIT.as_secs())
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn last_line(measured: &Measured) -> &str {
    let mut lines = measured.stdout.lines().chain(measured.stderr.lines());
    lines
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it said nothing")
}
