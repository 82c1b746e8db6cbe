//! What a guest can be given besides what every lab needs.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::executable::{Executable, Linkage};

/// Where libraries are looked for, if not in the folders that the caller names.
const LIBRARY_FOLDERS: [&str; 6] = [
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

/// Files and kernel modules that somebody wants in a guest; a lab itself wants none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extras {
    /// Modules by name, such as `dummy`; what they depend on comes with them.
    pub modules: Vec<String>,
    /// Files in the order of writing; of two for the same place the first counts.
    pub files: Vec<ExtraFile>,
}

/// A file of the host that is packed into the guest's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraFile {
    /// Where it is on the host.
    pub host: PathBuf,
    /// Where it will be in the guest.
    pub guest: PathBuf,
}

impl Extras {
    /// Adds a program with its loader and every shared library that it needs.
    ///
    /// Libraries are looked for in `library_folders` first. In the guest they lie beside those of
    /// this executable, where its loader finds them.
    pub fn add_program(
        &mut self,
        program: ExtraFile,
        library_folders: &[PathBuf],
    ) -> io::Result<()> {
        let beside = Executable::current()?.library_folder();
        let standard = LIBRARY_FOLDERS.map(PathBuf::from);
        let folders: Vec<_> = library_folders.iter().chain(&standard).collect();
        let linkage = Linkage::of(&fs::read(&program.host)?)?;
        let mut wanted = linkage.needed;
        let mut seen = BTreeSet::new();
        while let Some(name) = wanted.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let host = find_library(&folders, &name, &program.host)?;
            wanted.extend(Linkage::of(&fs::read(&host)?)?.needed);
            let folder = beside.as_deref().or(host.parent());
            let guest = folder.unwrap_or(Path::new("/lib")).join(&name);
            self.files.push(ExtraFile { host, guest });
        }
        if let Some(loader) = linkage.loader {
            self.files.push(ExtraFile {
                host: loader.clone(),
                guest: loader,
            });
        }
        self.files.push(program);
        Ok(())
    }
}

fn find_library(folders: &[&PathBuf], name: &str, program: &Path) -> io::Result<PathBuf> {
    let mut places = folders.iter().map(|folder| folder.join(name));
    places.find(|place| place.is_file()).ok_or_else(|| {
        let text = format!("{} needs {name}, which is nowhere", program.display());
        io::Error::new(io::ErrorKind::NotFound, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_brings_its_libraries_and_its_loader() {
        let mut extras = Extras::default();
        let program = ExtraFile {
            host: "/proc/self/exe".into(),
            guest: "/bin/this".into(),
        };
        extras.add_program(program.clone(), &[]).unwrap();
        assert_eq!(extras.files.last(), Some(&program));
        let linkage = Linkage::of(&fs::read("/proc/self/exe").unwrap()).unwrap();
        for name in linkage.needed {
            let packed = |file: &ExtraFile| file.guest.ends_with(&name);
            assert!(extras.files.iter().any(packed), "{name} in {extras:?}");
        }
    }

    #[test]
    fn a_library_that_is_nowhere_is_named_with_who_needs_it() {
        let error = find_library(&[], "libnone.so.1", Path::new("/bin/this")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/bin/this needs libnone.so.1, which is nowhere"
        );
    }

    #[test]
    fn extras_survive_the_command_line() {
        let extras = Extras {
            modules: vec!["dummy".to_owned()],
            files: vec![ExtraFile {
                host: "/a b".into(),
                guest: "/c".into(),
            }],
        };
        let line = serde_json::to_string(&extras).unwrap();
        assert_eq!(serde_json::from_str::<Extras>(&line).unwrap(), extras);
    }
}
