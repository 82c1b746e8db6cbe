//! Fetches Debian packages without installing them and without touching the system.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::package::{Continue, Fetch, FetchProgress, Package};
use crate::cage::{Cage, Line, Part};

/// Beginning of the names of work folders.
const WORK: &str = "fetch-";
/// How often progress is looked at.
pub const LOOK: Duration = Duration::from_millis(100);

/// A package could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AptError {
    /// A folder for the work could not be made, or the result not be moved into place.
    #[error("cannot write to {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The command could not be run.
    #[error(
        "cannot run {command}: this needs Debian or a relative of it; elsewhere fetch Debian's \
         {} yourself and {}", package.name, package.remedy
    )]
    Run {
        /// The package.
        package: &'static Package,
        /// The command.
        command: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The archive is out of reach, or does not have it.
    #[error(
        "cannot fetch Debian's {}, even with fresh package lists: check the network and \
         /etc/apt/sources.list (`apt-get update` as root tells more), or {}\n{said}",
        package.name, package.remedy
    )]
    Unreachable {
        /// The package.
        package: &'static Package,
        /// What apt said.
        said: String,
    },
    /// The package is broken.
    #[error("cannot unpack Debian's {}\n{said}", package.name)]
    Unpack {
        /// The package.
        package: &'static Package,
        /// What dpkg-deb said.
        said: String,
    },
    /// A command ran and refused; its caller knows what that means.
    #[error("{said}")]
    Refused {
        /// What it said.
        said: String,
    },
    /// The user has had enough.
    #[error("interrupted")]
    Interrupted,
}

/// A package as apt would fetch it.
struct Offer {
    file: String,
    bytes: u64,
}

/// Fetches the package and those it comes with, and unpacks them into one new folder below `cache`,
/// which is named by the package's version.
pub fn fetch(
    package: &'static Package,
    cache: &Path,
    progress: &mut FetchProgress<'_>,
) -> Result<PathBuf, AptError> {
    let folder_error = |source| AptError::Folder {
        folder: cache.to_owned(),
        source,
    };
    remove_abandoned(cache).map_err(folder_error)?;
    let work = tempfile::Builder::new()
        .prefix(WORK)
        .tempdir_in(cache)
        .map_err(folder_error)?;
    let apt = Apt {
        package,
        work: &work,
    };
    let archives = match apt.download(&[], progress) {
        Err(AptError::Refused { .. }) => apt.download_with_fresh_lists(progress)?,
        other => other?,
    };
    let root = work.path().join("root");
    for archive in &archives {
        apt.unpack(archive, &root, progress)?;
    }
    let place = cache.join(version_of(&package.own_archive(&archives)));
    fs::rename(&root, &place).map_err(folder_error)?;
    Ok(place)
}

/// Removes the work folders of runs that were killed; who fetches holds the cache's lock.
fn remove_abandoned(cache: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// `name_VERSION_architecture.deb`
fn version_of(archive: &Path) -> String {
    let name = archive
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    name.split('_').nth(1).unwrap_or(&name).replace("%3a", ":")
}

/// Runs apt in a folder of its own.
struct Apt<'a> {
    package: &'static Package,
    work: &'a TempDir,
}

impl Apt<'_> {
    /// Downloads the packages with these options.
    fn download(
        &self,
        options: &[String],
        progress: &mut FetchProgress<'_>,
    ) -> Result<Vec<PathBuf>, AptError> {
        let names = self.package.all_names();
        let ask = [&["download", "--print-uris"], names.as_slice()].concat();
        let said = self.run("apt-get", options, &ask, &mut || progress(Fetch::Asking))?;
        let offers = parse_offers(&said);
        if offers.len() < names.len() {
            return Err(AptError::Refused { said });
        }
        let files: Vec<_> = offers
            .iter()
            .map(|it| self.work.path().join(&it.file))
            .collect();
        let total = offers.iter().map(|offer| offer.bytes).sum();
        let length = |file: &PathBuf| fs::metadata(file).map_or(0, |file| file.len());
        let mut watch = || {
            let done = files.iter().map(length).sum();
            progress(Fetch::Downloading { done, total })
        };
        let download = [&["download"], names.as_slice()].concat();
        self.run("apt-get", options, &download, &mut watch)?;
        Ok(files)
    }

    /// The same with package lists of its own.
    fn download_with_fresh_lists(
        &self,
        progress: &mut FetchProgress<'_>,
    ) -> Result<Vec<PathBuf>, AptError> {
        let folder = self.work.path().to_owned();
        let lists = self
            .private_lists()
            .map_err(|source| AptError::Folder { folder, source })?;
        let mut watch = || progress(Fetch::RefreshingLists);
        // A list that cannot be refreshed matters only if the package is then not found.
        let refusal = match self.run("apt-get", &lists, &["update"], &mut watch) {
            Err(AptError::Refused { said }) => said,
            other => other.map(|_| String::new())?,
        };
        self.download(&lists, progress)
            .map_err(|error| match error {
                AptError::Refused { said } => AptError::Unreachable {
                    package: self.package,
                    said: format!("{refusal}\n{said}").trim().to_owned(),
                },
                other => other,
            })
    }

    fn unpack(
        &self,
        archive: &Path,
        root: &Path,
        progress: &mut FetchProgress<'_>,
    ) -> Result<(), AptError> {
        let (from, to) = (archive.to_string_lossy(), root.to_string_lossy());
        let mut watch = || progress(Fetch::Unpacking);
        match self.run("dpkg-deb", &[], &["--extract", &from, &to], &mut watch) {
            Err(AptError::Refused { said }) => Err(AptError::Unpack {
                package: self.package,
                said,
            }),
            other => other.map(|_| ()),
        }
    }

    /// Options that keep fresh package lists in the work folder: the system's stay as they are,
    /// and no privilege is needed.
    fn private_lists(&self) -> io::Result<Vec<String>> {
        let state = self.work.path().join("apt");
        fs::create_dir_all(state.join("lists/partial"))?;
        fs::create_dir_all(state.join("cache/archives/partial"))?;
        let option = |key: &str, path: PathBuf| format!("-o{key}={}", path.display());
        Ok(vec![
            option("Dir::State::Lists", state.join("lists")),
            option("Dir::Cache", state.join("cache")),
        ])
    }

    /// Runs a command to its end and returns what it said on standard output; it is killed when this
    /// process dies or `watch` says no.
    fn run(
        &self,
        command: &'static str,
        options: &[String],
        args: &[&str],
        watch: &mut dyn FnMut() -> Continue,
    ) -> Result<String, AptError> {
        let mut line = vec![
            self.work.path().to_string_lossy().into_owned(),
            command.to_owned(),
        ];
        if command == "apt-get" {
            // Its unprivileged user may not write to the work folder.
            line.extend(["-q", "-oAPT::Sandbox::User=root"].map(str::to_owned));
        }
        line.extend(options.iter().cloned());
        line.extend(args.iter().map(|arg| (*arg).to_owned()));
        let failed = |source| AptError::Run {
            package: self.package,
            command,
            source,
        };
        let (
            mut cage,
            Line {
                input,
                output,
                console,
            },
        ) = Cage::start_piped(Part::Command, &line).map_err(failed)?;
        drop(input);
        let (sender, done) = channel();
        let reader = thread::spawn(move || {
            let errors = read_all(console);
            let _ = sender.send(());
            errors
        });
        let output = thread::spawn(move || read_all(output));
        while done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if watch() == Continue::No {
                return Err(AptError::Interrupted);
            }
        }
        let status = cage.wait().map_err(failed)?;
        let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
        let (output, errors) = (text(output), text(reader));
        match status.code() {
            Some(0) => Ok(output),
            Some(code) if code == i32::from(crate::exit::NOT_FOUND) => {
                Err(failed(io::ErrorKind::NotFound.into()))
            }
            _ => Err(AptError::Refused { said: errors }),
        }
    }
}

fn read_all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is still worth showing.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// A line for each package: `'URI' FILE BYTES HASH`
fn parse_offers(said: &str) -> Vec<Offer> {
    let lines = said.lines().filter(|line| line.starts_with('\''));
    lines.filter_map(parse_offer).collect()
}

fn parse_offer(line: &str) -> Option<Offer> {
    let mut words = line.split_whitespace().skip(1);
    let file = words.next().filter(|file| !file.contains('/'))?.to_owned();
    Some(Offer {
        file,
        bytes: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_understood() {
        // apt-get download --print-uris user-mode-linux
        let said = "'http://deb.debian.org/debian/pool/main/u/user-mode-linux/\
                    user-mode-linux_6.1um4%2bb13_amd64.deb' user-mode-linux_6.1um4+b13_amd64.deb \
                    41388548 SHA256:2cf2";
        let offers = parse_offers(said);
        let [offer] = offers.as_slice() else {
            panic!("{} offers", offers.len())
        };
        assert_eq!(offer.file, "user-mode-linux_6.1um4+b13_amd64.deb");
        assert_eq!(offer.bytes, 41_388_548);
        assert_eq!(version_of(Path::new(&offer.file)), "6.1um4+b13");
    }

    #[test]
    fn an_offer_cannot_name_a_file_elsewhere() {
        assert!(parse_offers("'http://x/y' ../../evil.deb 1 SHA256:0").is_empty());
        assert!(parse_offers("E: Unable to locate package").is_empty());
    }
}
