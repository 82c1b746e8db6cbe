//! This executable and what it needs to start elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use object::elf::DT_NEEDED;
use object::read::elf::{ElfFile64, ProgramHeader};

/// A dynamically linked executable's surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// The program loader's path, which the file names; none if it is linked statically.
    pub loader: Option<PathBuf>,
    /// The shared libraries that are mapped into this process, the loader among them.
    pub libraries: BTreeSet<PathBuf>,
}

impl Executable {
    /// The executable of this process.
    pub fn current() -> io::Result<Self> {
        let bytes = fs::read("/proc/self/exe")?;
        let loader = Linkage::of(&bytes)?.loader;
        let libraries = mapped_libraries(&fs::read_to_string("/proc/self/maps")?);
        Ok(Self {
            bytes,
            loader,
            libraries,
        })
    }

    /// The folder of its C library, in which its loader looks for any; none without libraries.
    pub fn library_folder(&self) -> Option<PathBuf> {
        let is_libc = |path: &&PathBuf| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("libc."))
        };
        let library = self.libraries.iter().find(is_libc);
        library.and_then(|path| path.parent()).map(Path::to_owned)
    }
}

/// What an executable or a library asks of the dynamic linker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linkage {
    /// The path in the `PT_INTERP` segment.
    pub loader: Option<PathBuf>,
    /// The names in the `DT_NEEDED` entries.
    pub needed: Vec<String>,
}

impl Linkage {
    /// Reads an ELF file.
    pub fn of(bytes: &[u8]) -> io::Result<Self> {
        Self::read(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn read(bytes: &[u8]) -> object::Result<Self> {
        let file: ElfFile64 = ElfFile64::parse(bytes)?;
        let endian = file.endian();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut linkage = Self::default();
        for segment in file.elf_program_headers() {
            if let Some(path) = segment.interpreter(endian, bytes)? {
                linkage.loader = Some(text(path).into());
            }
        }
        let entries = file.elf_dynamic_table()?;
        for entry in &entries {
            if entry.tag == DT_NEEDED {
                linkage.needed.push(text(entries.string(entry)?));
            }
        }
        Ok(linkage)
    }
}

/// The files in `/proc/PID/maps` that are shared libraries.
fn mapped_libraries(maps: &str) -> BTreeSet<PathBuf> {
    // Five fields and a path: `address perms offset dev inode path` (proc_pid_maps(5)).
    let path_of = |line: &str| {
        line.splitn(6, ' ')
            .nth(5)
            .map(|path| path.trim().to_owned())
    };
    let is_library = |path: &PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        path.is_absolute() && name.is_some_and(|name| is_library_name(&name))
    };
    maps.lines()
        .filter_map(path_of)
        .map(PathBuf::from)
        .filter(is_library)
        .collect()
}

/// `libc.so.6`, `ld-linux-x86-64.so.2`, `libfoo.so`.
fn is_library_name(name: &str) -> bool {
    name.contains(".so.")
        || Path::new(name)
            .extension()
            .is_some_and(|suffix| suffix == "so")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_told_from_other_mappings() {
        let maps = "\
55d0c0000000-55d0c0001000 r-xp 00000000 fe:00 1234                       /usr/bin/netns-lab
7f0000000000-7f0000001000 r--p 00000000 fe:00 5678                       /usr/lib/x86_64-linux-gnu/libc.so.6
7f0000001000-7f0000002000 r-xp 00001000 fe:00 5678                       /usr/lib/x86_64-linux-gnu/libc.so.6
7f0000003000-7f0000004000 rw-p 00000000 00:00 0 
7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0                          [stack]
";
        let found: Vec<_> = mapped_libraries(maps).into_iter().collect();
        assert_eq!(
            found,
            [PathBuf::from("/usr/lib/x86_64-linux-gnu/libc.so.6")]
        );
    }

    #[test]
    fn this_test_names_its_loader_and_has_it_mapped() {
        let executable = Executable::current().unwrap();
        if let Some(loader) = executable.loader {
            let real = fs::canonicalize(loader).unwrap();
            assert!(
                executable.libraries.contains(&real),
                "{:?}",
                executable.libraries
            );
        }
    }

    #[test]
    fn what_is_no_executable_is_an_error() {
        assert!(Linkage::of(b"#!/bin/sh\n").is_err());
    }
}
