//! An ordinary user needs no privilege.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use netns_lab::exit;
use netns_lab::guest::GuestKernel;
use nix::unistd::geteuid;

use crate::command::{Finished, NETNS_LAB, Sandbox, open_to_all};
use crate::kernel::{self, Layout};
use crate::skip::{Outcome, Test, named_tests};

/// Nobody and nogroup on Debian; any number without privilege does.
const NOBODY: u32 = 65534;

pub fn tests() -> Vec<Test> {
    named_tests!["faults": an_ordinary_user_runs_an_experiment_with_a_guest_from_the_cache]
}

fn an_ordinary_user_runs_an_experiment_with_a_guest_from_the_cache() -> Outcome {
    let kernel = kernel::required()?;
    let sandbox = Sandbox::new();
    // What root has may lie where others cannot read.
    let executable = sandbox.path("netns-lab");
    copy_executable(Path::new(NETNS_LAB), &executable).expect("it can be copied");
    copy_into_cache(&kernel, &sandbox.path("cache")).expect("it can be copied");
    for folder in ["cache/netns-lab/user-mode-linux", "home"] {
        open_to_all(&sandbox.make_folder(folder));
    }
    let mut command = sandbox.command(&executable);
    command
        .args(["run", "dr-wlc", "--requests", "1000", "--format", "json"])
        .args(["--out", "home/results"])
        .env("HOME", sandbox.path("home"))
        .env("XDG_CACHE_HOME", sandbox.path("cache"));
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let finished = Finished::of(&mut command);
    finished.assert_said(exit::PASS, &["engine native: no"]);
    assert_eq!(finished.record("dr-wlc").engine, "uml");
    assert!(sandbox.path("home/results/record.json").exists());
    assert_eq!(sandbox.temporary_files(), [] as [PathBuf; 0]);
    Ok(())
}

/// Lays the kernel out as it lies in the cache after it was fetched.
fn copy_into_cache(kernel: &GuestKernel, cache: &Path) -> io::Result<()> {
    let release = kernel.modules.file_name().unwrap_or_default();
    let prefix = cache.join("netns-lab/user-mode-linux/copy/usr");
    let place = Layout::new(&prefix, &release.to_string_lossy());
    copy_executable(&kernel.executable, &place.executable)?;
    copy_folder(&kernel.modules, &place.modules)
}

fn copy_executable(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::copy(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if entry.is_dir() {
            copy_folder(&entry, &to.join(name))?;
        } else {
            fs::copy(entry, to.join(name))?;
        }
    }
    Ok(())
}
