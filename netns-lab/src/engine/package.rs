//! Where the user-mode Linux kernel comes from: the user, the system, the cache, or Debian.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use etcetera::BaseStrategy;

use super::apt::{self, AptError};
use crate::guest::GuestKernel;

/// Debian's package with the kernel and its modules.
pub(super) const PACKAGE: &str = "user-mode-linux";
/// The kernel below the package's root, and below the system's.
const EXECUTABLE: &str = "usr/bin/linux.uml";
/// The only architecture of the package.
const ARCHITECTURE: &str = "x86_64";

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
            Self::Installed => write!(f, "/{EXECUTABLE}"),
            Self::Cached(version) => write!(f, "Debian's {PACKAGE} {version}"),
        }
    }
}

/// What happens while the package is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// Another process is fetching it.
    Waiting,
    /// apt is asked for the package.
    Asking,
    /// apt cannot get it with the package lists that it has.
    RefreshingLists,
    /// Bytes so far and in all.
    Downloading {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Nearly there.
    Unpacking,
}

/// Hears of the progress, and says whether to go on.
pub type FetchProgress<'a> = dyn FnMut(Fetch) -> Continue + 'a;

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continue {
    /// Go on.
    Yes,
    /// The user has had enough.
    No,
}

/// There is no guest kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// User-mode Linux exists for one architecture.
    #[error(
        "user-mode Linux needs an {ARCHITECTURE} machine, and this is {}: use one, or a kernel with IPVS as root",
        std::env::consts::ARCH
    )]
    Architecture,
    /// No place to keep it.
    #[error("cannot use the cache folder {}: make it writable, or set XDG_CACHE_HOME to one that is", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nobody knows the user's home folder.
    #[error("there is no home folder to keep the guest kernel in: set XDG_CACHE_HOME")]
    NoHome,
    /// It could not be fetched.
    #[error(transparent)]
    Apt(#[from] AptError),
    /// It does not run here.
    #[error("{} is no user-mode Linux kernel that runs here{hint}", executable.display())]
    Unusable {
        /// The executable.
        executable: PathBuf,
        /// What to do about it.
        hint: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// Its modules are not beside it.
    #[error("cannot find the modules of {}: expected {}", executable.display(), modules.display())]
    NoModules {
        /// The executable.
        executable: PathBuf,
        /// Where they should be.
        modules: PathBuf,
    },
}

/// Finds the guest kernel, or fetches it into the user's cache folder.
pub fn find_or_fetch(
    given: Option<&Path>,
    progress: &mut FetchProgress<'_>,
) -> Result<(GuestKernel, Source), PackageError> {
    if let Some(found) = find(given)? {
        return Ok(found);
    }
    let folder = cache_folder()?;
    fs::create_dir_all(&folder).map_err(|source| cache_error(&folder, source))?;
    let _turn = wait_for_turn(&folder, progress)?;
    // Whoever had the turn before may have fetched it.
    match cached(&folder)? {
        Some(found) => Ok(found),
        None => from_cache(&apt::fetch(&folder, progress)?),
    }
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
    let installed = Path::new("/").join(EXECUTABLE);
    if installed.exists() {
        let kernel = with_modules(&installed, ": reinstall user-mode-linux, or remove it")?;
        return Ok(Some((kernel, Source::Installed)));
    }
    cached(&cache_folder()?)
}

/// Holds the lock of the cache: one process fetches at a time.
fn wait_for_turn(folder: &Path, progress: &mut FetchProgress<'_>) -> Result<File, PackageError> {
    let lock = File::create(folder.join("lock")).map_err(|source| cache_error(folder, source))?;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(source)) => return Err(cache_error(folder, source)),
            Err(TryLockError::WouldBlock) if progress(Fetch::Waiting) == Continue::No => {
                return Err(AptError::Interrupted.into());
            }
            Err(TryLockError::WouldBlock) => thread::sleep(apt::LOOK),
        }
    }
}

fn cache_error(folder: &Path, source: io::Error) -> PackageError {
    PackageError::Cache {
        folder: folder.to_owned(),
        source,
    }
}

/// The last fetched package.
fn cached(folder: &Path) -> Result<Option<(GuestKernel, Source)>, PackageError> {
    let newest = newest(folder).map_err(|source| cache_error(folder, source))?;
    newest.map(|root| from_cache(&root)).transpose()
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
        with_modules(&root.join(EXECUTABLE), hint)?,
        Source::Cached(version),
    ))
}

/// `$XDG_CACHE_HOME/netns-lab/user-mode-linux`, by default below `~/.cache`.
fn cache_folder() -> Result<PathBuf, PackageError> {
    let base = etcetera::choose_base_strategy().map_err(|_| PackageError::NoHome)?;
    Ok(base.cache_dir().join("netns-lab").join(PACKAGE))
}

/// `6.1.176`: one word that begins with a number. It becomes part of a path.
fn is_release(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-+_~".contains(c))
}

/// The folder of the last fetched package.
fn newest(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut roots = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.join(EXECUTABLE).exists() {
            roots.push((fs::metadata(&path)?.modified()?, path));
        }
    }
    Ok(roots.into_iter().max().map(|(_, path)| path))
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
