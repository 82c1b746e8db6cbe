//! Where the user-mode Linux kernel comes from: the user, the system, the cache, or Debian.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    /// The package lists are out of date.
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
    given: Option<PathBuf>,
    progress: &mut FetchProgress<'_>,
) -> Result<(GuestKernel, Source), PackageError> {
    if let Some(executable) = given {
        let hint = ": name the linux.uml of Debian's user-mode-linux package";
        return Ok((with_modules(&executable, hint)?, Source::Given(executable)));
    }
    if std::env::consts::ARCH != ARCHITECTURE {
        return Err(PackageError::Architecture);
    }
    if let Some(kernel) = installed() {
        return Ok((kernel, Source::Installed));
    }
    let folder = cache_folder()?;
    let cache_error = |source| PackageError::Cache {
        folder: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(cache_error)?;
    let lock = File::create(folder.join("lock")).map_err(cache_error)?;
    if lock.try_lock().is_err() {
        progress(Fetch::Waiting);
        lock.lock().map_err(cache_error)?;
    }
    let root = match newest(&folder).map_err(cache_error)? {
        Some(root) => root,
        None => apt::fetch(&folder, progress)?,
    };
    let version = root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let hint = ": remove it to have it fetched again";
    Ok((
        with_modules(&root.join(EXECUTABLE), hint)?,
        Source::Cached(version),
    ))
}

/// The kernel that is there without fetching: given by the system or by an earlier run.
pub fn find() -> Option<(GuestKernel, Source)> {
    if let Some(kernel) = installed() {
        return Some((kernel, Source::Installed));
    }
    let root = newest(&cache_folder().ok()?).ok()??;
    let version = root.file_name()?.to_string_lossy().into_owned();
    Some((
        with_modules(&root.join(EXECUTABLE), "").ok()?,
        Source::Cached(version),
    ))
}

fn installed() -> Option<GuestKernel> {
    let executable = Path::new("/").join(EXECUTABLE);
    executable
        .exists()
        .then(|| with_modules(&executable, "").ok())?
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

/// The last fetched package: the folder named by its version.
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
