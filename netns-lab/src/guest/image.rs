//! The initramfs of a guest: this executable as its init, its libraries, the kernel's modules,
//! and extra files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cpio::newc;

use super::executable::Executable;
use super::extras::Extras;
use super::init::{INIT, MODULES};
use super::modules;

/// `S_IFDIR | 0755`.
const FOLDER: u32 = 0o40_755;
/// `S_IFREG | 0755`.
const PROGRAM: u32 = 0o100_755;

/// Folders that init mounts on.
const MOUNT_POINTS: [&str; 4] = ["dev", "proc", "sys", "tmp"];

/// Writes the image for a kernel whose modules are in `modules_folder`.
pub fn write(image: impl Write, modules_folder: &Path, extras: &Extras) -> io::Result<()> {
    let executable = Executable::current()?;
    let mut archive = Archive {
        output: image,
        files: BTreeSet::new(),
        folders: BTreeSet::new(),
        inode: 0,
    };
    for folder in MOUNT_POINTS {
        archive.folder(Path::new(folder))?;
    }
    archive.file(Path::new(INIT), &executable.bytes)?;
    for library in &executable.libraries {
        archive.file(library, &fs::read(library)?)?;
    }
    // The loader's path in the executable is often a link to where it is mapped from.
    if let Some(loader) = executable
        .loader
        .filter(|path| !executable.libraries.contains(path))
    {
        archive.file(&loader, &fs::read(&loader)?)?;
    }
    for file in &extras.files {
        archive.file(&file.guest, &fs::read(&file.host)?)?;
    }
    // Init loads the modules in the order of their names.
    for (number, module) in modules::needed(modules_folder, &extras.modules)?
        .iter()
        .enumerate()
    {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let path = Path::new(MODULES).join(format!("{number:03}-{name}"));
        archive.file(&path, &fs::read(module)?)?;
    }
    archive.finish()
}

/// A cpio archive in the "newc" format, which the kernel unpacks
/// (`Documentation/driver-api/early-userspace/buffer-format.rst`).
struct Archive<W> {
    output: W,
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    inode: u32,
}

impl<W: Write> Archive<W> {
    /// Adds a file, unless there is one in its place.
    fn file(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = path.strip_prefix("/").unwrap_or(path);
        if !self.files.insert(path.to_owned()) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        self.entry(path, PROGRAM, bytes)
    }

    /// Adds a folder after those above it, each once.
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        let mut above: Vec<_> = path
            .ancestors()
            .filter(|p| !p.as_os_str().is_empty())
            .collect();
        above.reverse();
        for folder in above {
            if self.folders.insert(folder.to_owned()) {
                self.entry(folder, FOLDER, &[])?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let too_big = |_| io::Error::new(io::ErrorKind::FileTooLarge, "too big for an initramfs");
        let size = u32::try_from(bytes.len()).map_err(too_big)?;
        let entry = newc::Builder::new(&path.to_string_lossy())
            .ino(self.inode)
            .mode(mode);
        let mut writer = entry.write(&mut self.output, size);
        writer.write_all(bytes)?;
        writer.finish()?;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        newc::trailer(&mut self.output)?;
        self.output.flush()
    }
}
