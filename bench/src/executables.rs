//! The workspace's own programs, built for release, and where others are found.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Where the programs are.
pub(crate) struct Executables {
    directory: PathBuf,
}

impl Executables {
    /// Builds loadgen and backend beside this executable. Cargo builds only what it is asked to run.
    pub(crate) fn build() -> Result<Self> {
        let myself = env::current_exe().context("cannot find this executable")?;
        let directory = myself
            .parent()
            .context("this executable is in no directory")?;
        let target = directory
            .parent()
            .context("this executable is in no target directory")?;
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args([
                "build",
                "--release",
                "--bins",
                "-p",
                "loadgen",
                "-p",
                "backend",
            ])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(target)
            .status()
            .context("cannot run cargo, which builds loadgen and backend")?;
        ensure!(
            status.success(),
            "cargo could not build loadgen and backend: {status}"
        );
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// A program of the workspace.
    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A program on the path, or where Debian keeps servers.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path).chain(["/usr/sbin".into()]);
    directories
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}
