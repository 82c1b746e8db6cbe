//! Which schedulers there are, without loading any.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::Scheduler;

/// Where a scheduler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Availability {
    /// In the kernel, loaded or built in.
    Present,
    /// A module file is there; the kernel loads it when a service asks for it.
    Loadable,
    /// Nowhere to be seen.
    Missing,
}

/// What says which modules there are, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// `/proc/modules`.
    pub loaded: String,
    /// `/lib/modules/RELEASE/modules.builtin`.
    pub built_in: String,
    /// The module files of IPVS that there are, with or without their folders.
    pub files: BTreeSet<String>,
}

/// The kernel's folder of its IPVS modules (`net/netfilter/ipvs`), and where distributions put it.
const ROOTS: [&str; 2] = ["/lib/modules", "/usr/lib/modules"];
const IPVS_FOLDER: &str = "kernel/net/netfilter/ipvs";

impl Sources {
    /// Reads them for the kernel of this release; what is not there is empty.
    pub fn read(release: &str) -> Self {
        let loaded = fs::read_to_string("/proc/modules").unwrap_or_default();
        let folders = ROOTS.iter().map(|root| Path::new(root).join(release));
        let Some(folder) = folders.into_iter().find(|folder| folder.is_dir()) else {
            return Self {
                loaded,
                ..Self::default()
            };
        };
        Self {
            loaded,
            built_in: fs::read_to_string(folder.join("modules.builtin")).unwrap_or_default(),
            files: module_files(&folder),
        }
    }

    /// Where each known scheduler is.
    pub fn availability(&self) -> BTreeMap<String, Availability> {
        let known = Scheduler::KNOWN.iter();
        known
            .map(|scheduler| {
                let name = scheduler.name();
                (name.to_owned(), self.of(&format!("ip_vs_{name}")))
            })
            .collect()
    }

    fn of(&self, module: &str) -> Availability {
        let mut loaded = self
            .loaded
            .lines()
            .filter_map(|line| line.split(' ').next());
        let mut built_in = self.built_in.lines().filter_map(module_of);
        let mut files = self.files.iter().filter_map(|file| module_of(file));
        if loaded.any(|name| name == module) || built_in.any(|name| name == module) {
            Availability::Present
        } else if files.any(|name| name == module) {
            Availability::Loadable
        } else {
            Availability::Missing
        }
    }
}

/// The module in a file such as `kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz`.
fn module_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let (module, packing) = name.split_once(".ko")?;
    matches!(packing, "" | ".gz" | ".xz" | ".zst").then_some(module)
}

/// The files in the kernel's own folder, and those elsewhere that `modules.dep` names and that are
/// really there.
fn module_files(folder: &Path) -> BTreeSet<String> {
    let dependencies = fs::read_to_string(folder.join("modules.dep")).unwrap_or_default();
    let named = dependencies
        .lines()
        .filter_map(|line| line.split(':').next())
        .filter(|path| path.contains("/ip_vs_") && folder.join(path).is_file())
        .map(str::to_owned);
    let own = file_names(&folder.join(IPVS_FOLDER)).unwrap_or_default();
    named.chain(own).collect()
}

fn file_names(folder: &Path) -> io::Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_files_are_those_that_are_really_there() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "updates/ip_vs_lc.ko",
            "kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz",
        ] {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let dependencies = "updates/ip_vs_lc.ko: updates/ip_vs.ko\nupdates/ip_vs_sh.ko:\n";
        fs::write(folder.path().join("modules.dep"), dependencies).unwrap();
        let files = module_files(folder.path());
        let modules: Vec<_> = files.iter().filter_map(|file| module_of(file)).collect();
        assert_eq!(modules, ["ip_vs_rr", "ip_vs_lc"]);
    }

    #[test]
    fn a_scheduler_is_present_loadable_or_missing() {
        let sources = Sources {
            loaded: "ip_vs_rr 16384 1 - Live 0x0\nip_vs 200704 3 ip_vs_rr, Live 0x0\n".to_owned(),
            built_in: "kernel/net/netfilter/ipvs/ip_vs_wrr.ko\n".to_owned(),
            files: ["ip_vs_sh.ko.xz", "ip_vs_mh.ko.orig", "updates/ip_vs_lc.ko"]
                .map(str::to_owned)
                .into(),
        };
        let availability = sources.availability();
        assert_eq!(availability["rr"], Availability::Present);
        assert_eq!(availability["wrr"], Availability::Present);
        assert_eq!(availability["sh"], Availability::Loadable);
        assert_eq!(availability["lc"], Availability::Loadable);
        assert_eq!(availability["mh"], Availability::Missing);
        assert_eq!(availability.len(), Scheduler::KNOWN.len());
    }
}
