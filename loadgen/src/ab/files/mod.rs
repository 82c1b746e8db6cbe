//! Files that are written after a load, and ab's two formats.
//!
//! An [`OutputFile`] is opened before the load starts, so that a path that cannot be written is
//! found before any request is sent, and takes its name when its content is complete.

mod percentiles;
mod requests;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

pub use percentiles::percentiles;
pub use requests::{Sample, requests};

/// A file cannot be opened or written.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct Unwritable {
    path: PathBuf,
    error: io::Error,
}

/// A file whose content comes later. Dropped without [`write`](Self::write), it leaves what was
/// there before.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// Beside the file, whose name it takes; a link is followed.
    Beside(NamedTempFile, PathBuf),
    /// A pipe, a terminal or another device.
    Device(File),
}

impl OutputFile {
    /// Makes sure that `path` can be written.
    pub fn open(path: &Path) -> Result<Self, Unwritable> {
        let sink = open(path).map_err(|error| Unwritable {
            path: path.to_owned(),
            error,
        })?;
        Ok(Self {
            path: path.to_owned(),
            sink,
        })
    }

    /// Writes the whole content. If that fails, what was there before is still there.
    pub fn write(
        self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Unwritable> {
        let Self { path, sink } = self;
        let written = match sink {
            Sink::Beside(mut file, name) => buffered(file.as_file_mut(), content)
                .and_then(|()| file.persist(name).map(drop).map_err(|error| error.error)),
            Sink::Device(mut file) => buffered(&mut file, content),
        };
        written.map_err(|error| Unwritable { path, error })
    }
}

fn open(path: &Path) -> io::Result<Sink> {
    let existing = match std::fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut target = path.to_owned();
    if let Some(metadata) = &existing {
        // A file that may not be written must not be replaced either.
        let file = OpenOptions::new().append(true).open(path)?;
        if !metadata.is_file() {
            return Ok(Sink::Device(file));
        }
        target = path.canonicalize()?;
    }
    let file = beside(&target, existing.map(|metadata| metadata.permissions()))?;
    Ok(Sink::Beside(file, target))
}

fn beside(path: &Path, permissions: Option<std::fs::Permissions>) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    if path.file_name().is_none() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // The error of the file beside it would name that one.
    std::fs::metadata(directory)?;
    // What a new file gets, before the process's umask.
    let permissions = permissions.unwrap_or_else(|| PermissionsExt::from_mode(0o666));
    tempfile::Builder::new()
        .prefix(".loadgen-")
        .permissions(permissions)
        .tempfile_in(directory)
        .map_err(|error| error.kind().into())
}

fn buffered(
    file: &mut File,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = BufWriter::new(file);
    content(&mut buffer)?;
    buffer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let file = OutputFile::open(&path).unwrap();
        assert!(!path.exists());
        file.write(|out| out.write_all(b"all of it")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "all of it");
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn what_was_there_stays_until_there_is_something_new() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        std::fs::write(&path, "old").unwrap();
        drop(OutputFile::open(&path).unwrap());
        let failing = OutputFile::open(&path).unwrap().write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(
            failing.unwrap_err().to_string(),
            format!("cannot write {}: no more", path.display())
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn a_path_that_cannot_be_written_is_found_at_once() {
        let directory = tempfile::tempdir().unwrap();
        for path in [
            directory.path().join("none/out"),
            directory.path().to_owned(),
            "".into(),
        ] {
            let error = OutputFile::open(&path).unwrap_err().to_string();
            assert!(error.starts_with("cannot write "), "{error}");
        }
    }

    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        OutputFile::open(&link)
            .unwrap()
            .write(|out| out.write_all(b"new"))
            .unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert!(link.is_symlink());
        OutputFile::open(Path::new("/dev/null"))
            .unwrap()
            .write(|out| out.write_all(b"x"))
            .unwrap();
    }
}
