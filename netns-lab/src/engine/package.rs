//! Debian packages in the user's cache folder: found there, or fetched into it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use etcetera::BaseStrategy;

use super::apt::{self, AptError};
use super::kernel::ARCHITECTURE;

/// A package that can be used without being installed, unpacked together with others that it needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// Packages whose files it needs and that a system may lack.
    pub with: &'static [&'static str],
    /// A file of it, below its root, without which it is not there.
    pub file: &'static str,
    /// What users can do who cannot fetch it, after "or".
    pub remedy: &'static str,
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

impl Package {
    /// The root of the unpacked package, which is fetched if it never was.
    pub fn find_or_fetch(
        &'static self,
        progress: &mut FetchProgress<'_>,
    ) -> Result<PathBuf, PackageError> {
        if let Some(found) = self.find()? {
            return Ok(found);
        }
        let folder = self.cache_folder()?;
        fs::create_dir_all(&folder).map_err(|source| cache_error(&folder, source))?;
        let _turn = wait_for_turn(&folder, progress)?;
        // Whoever had the turn before may have fetched it.
        match self.find()? {
            Some(found) => Ok(found),
            None => Ok(apt::fetch(self, &folder, progress)?),
        }
    }

    /// The root of the package that was fetched last.
    pub fn find(&self) -> Result<Option<PathBuf>, PackageError> {
        let folder = self.cache_folder()?;
        self.newest(&folder)
            .map_err(|source| cache_error(&folder, source))
    }

    /// `$XDG_CACHE_HOME/netns-lab/NAME`, by default below `~/.cache`.
    fn cache_folder(&self) -> Result<PathBuf, PackageError> {
        let base = etcetera::choose_base_strategy().map_err(|_| PackageError::NoHome)?;
        Ok(base.cache_dir().join("netns-lab").join(self.name))
    }

    fn newest(&self, folder: &Path) -> io::Result<Option<PathBuf>> {
        let mut roots = Vec::new();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.join(self.file).exists() {
                roots.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        Ok(roots.into_iter().max().map(|(_, path)| path))
    }

    /// It and those it comes with.
    pub(super) fn all_names(&self) -> Vec<&'static str> {
        [&[self.name], self.with].concat()
    }

    /// Which of the archives is its own, by its name.
    pub(super) fn own_archive(&self, archives: &[PathBuf]) -> PathBuf {
        let is_own = |archive: &&PathBuf| {
            let name = archive.file_name().unwrap_or_default().to_string_lossy();
            name.split('_').next() == Some(self.name)
        };
        archives.iter().find(is_own).cloned().unwrap_or_default()
    }
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
