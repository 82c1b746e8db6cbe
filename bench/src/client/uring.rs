//! The client that does nothing but send and receive by `io_uring`. The workspace has no unsafe code,
//! so it is a file of C, compiled for the occasion.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::cell::{BODY, Load, Mode, PATH};

const SOURCE: &str = include_str!("../../peers/uring.c");
const REMEDY: &str = "uring: apt-get install gcc libc6-dev liburing-dev";

/// Compiles it into that directory.
pub(super) fn compile(directory: Option<&TempDir>) -> Result<PathBuf> {
    let directory = directory.context("uring: no directory to compile it in")?;
    let disabled = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    ensure!(
        disabled.trim() != "2",
        "uring: sysctl kernel.io_uring_disabled=0"
    );
    let source = directory.path().join("uring.c");
    let program = directory.path().join("uring");
    fs::write(&source, SOURCE).context("uring: cannot write its source")?;
    let compiler = Command::new("cc")
        .args(["-O2", "-Wall", "-o"])
        .args([&program, &source])
        .arg("-luring")
        .output()
        .context(REMEDY)?;
    let message = String::from_utf8_lossy(&compiler.stderr);
    let first = message.lines().next().unwrap_or_default();
    ensure!(compiler.status.success(), "{REMEDY} ({first})");
    Ok(program)
}

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let mode = match load.mode {
        Mode::KeepAlive => "keep-alive",
        Mode::Close => "close",
    };
    vec![
        load.address.ip().to_string(),
        load.address.port().to_string(),
        PATH.to_owned(),
        BODY.to_string(),
        mode.to_owned(),
        load.connections.to_string(),
        load.requests.to_string(),
    ]
}
