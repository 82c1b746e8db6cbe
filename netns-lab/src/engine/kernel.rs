//! Where the user-mode Linux kernel comes from: the user, the system, the cache, or Debian.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::package::{FetchProgress, Package, PackageError};
use crate::guest::GuestKernel;

/// Debian's package with the kernel and its modules.
static PACKAGE: Package = Package {
    name: "user-mode-linux",
    with: &[],
    file: "usr/bin/linux.uml",
    remedy: "name its linux.uml with --kernel",
};
/// The only architecture of the package.
pub(super) const ARCHITECTURE: &str = "x86_64";

/// Where a guest kernel came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The user named it.
    Given(PathBuf),
    /// The package is installed.
    Installed,
    /// The package was fetched into the cache, now or earlier; its version.
    Cached(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(path) => write!(f, "{}", path.display()),
            Self::Installed => write!(f, "/{}", PACKAGE.file),
            Self::Cached(version) => write!(f, "Debian's {} {version}", PACKAGE.name),
        }
    }
}

/// Finds the guest kernel, or fetches it into the user's cache folder.
pub fn find_or_fetch(
    given: Option<&Path>,
    progress: &mut FetchProgress<'_>,
) -> Result<(GuestKernel, Source), PackageError> {
    if let Some(found) = find(given)? {
        return Ok(found);
    }
    from_cache(&PACKAGE.find_or_fetch(progress)?)
}

/// The kernel that is there without fetching: named by the user, installed, or fetched earlier.
pub fn find(given: Option<&Path>) -> Result<Option<(GuestKernel, Source)>, PackageError> {
    if let Some(executable) = given {
        let hint = ": name the linux.uml of Debian's user-mode-linux package";
        let kernel = with_modules(executable, hint)?;
        return Ok(Some((kernel, Source::Given(executable.to_owned()))));
    }
    if std::env::consts::ARCH != ARCHITECTURE {
        return Err(PackageError::Architecture);
    }
    let installed = Path::new("/").join(PACKAGE.file);
    if installed.exists() {
        let kernel = with_modules(&installed, ": reinstall user-mode-linux, or remove it")?;
        return Ok(Some((kernel, Source::Installed)));
    }
    let root = PACKAGE.find()?;
    root.map(|root| from_cache(&root)).transpose()
}

/// The kernel below a folder that is named by the package's version.
fn from_cache(root: &Path) -> Result<(GuestKernel, Source), PackageError> {
    let version = root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let hint = ": remove its package's folder to have it fetched again";
    Ok((
        with_modules(&root.join(PACKAGE.file), hint)?,
        Source::Cached(version),
    ))
}

/// `6.1.176`: one word that begins with a number. It becomes part of a path.
fn is_release(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-+_~".contains(c))
}

/// The kernel with the modules of its release, which lie in `lib/uml/modules` of its prefix.
fn with_modules(executable: &Path, hint: &'static str) -> Result<GuestKernel, PackageError> {
    let unusable = |source| PackageError::Unusable {
        executable: executable.to_owned(),
        hint,
        source,
    };
    let executable = fs::canonicalize(executable).map_err(unusable)?;
    let output = Command::new(&executable)
        .arg("--version")
        .output()
        .map_err(unusable)?;
    if !output.status.success() {
        return Err(unusable(io::Error::other(format!(
            "--version ended with {}",
            output.status
        ))));
    }
    let release = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !is_release(&release) {
        return Err(unusable(io::Error::other(
            "--version names no kernel release",
        )));
    }
    let prefix = executable
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/"));
    let modules = prefix.join("lib/uml/modules").join(release);
    if modules.join("modules.dep").exists() {
        Ok(GuestKernel {
            executable,
            modules,
        })
    } else {
        Err(PackageError::NoModules {
            executable,
            modules,
        })
    }
}
