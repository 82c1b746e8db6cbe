//! Kernel modules in the order in which they have to be loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Modules that a lab needs, by file name without suffix; an absent one may be built in.
const WANTED: [&str; 4] = ["ipv6", "veth", "bridge", "ip_vs"];
/// Every scheduler is wanted: their modules have this prefix, as have a few others.
const SCHEDULER_PREFIX: &str = "ip_vs_";
/// Modules with that prefix that are no schedulers.
const NOT_SCHEDULERS: [&str; 2] = ["ip_vs_ftp", "ip_vs_pe_sip"];

/// The modules that a lab needs and those of the names in `extra`, dependencies first, as paths.
///
/// `folder` is that of one kernel release, with its `modules.dep` (modules.dep(5)).
pub fn needed(folder: &Path, extra: &[String]) -> io::Result<Vec<PathBuf>> {
    let dependencies = fs::read_to_string(folder.join("modules.dep"))?;
    let index = Index::parse(&dependencies);
    Ok(index
        .needed(extra)
        .into_iter()
        .map(|module| folder.join(module))
        .collect())
}

/// Path of each module, relative to the folder, with the paths of those it depends on.
struct Index<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Index<'a> {
    fn parse(text: &'a str) -> Self {
        let entry = |line: &'a str| {
            let (path, dependencies) = line.split_once(':')?;
            Some((path, dependencies.split_whitespace().collect()))
        };
        Self(text.lines().filter_map(entry).collect())
    }

    fn needed(&self, extra: &[String]) -> Vec<&'a str> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for path in self.0.keys().copied() {
            let name = name_of(path);
            if !is_wanted(name) && !extra.iter().any(|extra| extra == name) {
                continue;
            }
            self.visit(path, &mut seen, &mut order);
        }
        order
    }

    /// Depth first, so that what a module depends on comes before it.
    fn visit(&self, path: &'a str, seen: &mut BTreeSet<&'a str>, order: &mut Vec<&'a str>) {
        if !seen.insert(path) {
            return;
        }
        for dependency in self.0.get(path).into_iter().flatten() {
            self.visit(dependency, seen, order);
        }
        order.push(path);
    }
}

/// `veth` of `kernel/drivers/net/veth.ko`.
fn name_of(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split('.').next().unwrap_or(file)
}

fn is_wanted(name: &str) -> bool {
    let is_scheduler = name.starts_with(SCHEDULER_PREFIX) && !NOT_SCHEDULERS.contains(&name);
    WANTED.contains(&name) || is_scheduler
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_first_and_once() {
        let index = Index::parse(
            "kernel/net/netfilter/ipvs/ip_vs_wlc.ko: kernel/net/netfilter/ipvs/ip_vs.ko\n\
             kernel/net/netfilter/ipvs/ip_vs.ko: kernel/net/netfilter/nf_conntrack.ko \
             kernel/net/ipv6/ipv6.ko\n\
             kernel/net/netfilter/nf_conntrack.ko: kernel/lib/libcrc32c.ko\n\
             kernel/lib/libcrc32c.ko:\n\
             kernel/net/ipv6/ipv6.ko:\n\
             kernel/net/netfilter/ipvs/ip_vs_ftp.ko: kernel/net/netfilter/ipvs/ip_vs.ko\n\
             kernel/drivers/net/dummy.ko:\n",
        );
        assert_eq!(
            index.needed(&[]),
            [
                "kernel/net/ipv6/ipv6.ko",
                "kernel/lib/libcrc32c.ko",
                "kernel/net/netfilter/nf_conntrack.ko",
                "kernel/net/netfilter/ipvs/ip_vs.ko",
                "kernel/net/netfilter/ipvs/ip_vs_wlc.ko",
            ]
        );
    }

    #[test]
    fn extra_modules_bring_what_they_depend_on() {
        let index = Index::parse("a/dummy.ko:\na/ipip.ko: a/tunnel4.ko\na/tunnel4.ko:\n");
        let extra = ["ipip".to_owned()];
        assert_eq!(index.needed(&extra), ["a/tunnel4.ko", "a/ipip.ko"]);
    }

    #[test]
    fn a_circle_ends() {
        let index = Index::parse("a/veth.ko: a/b.ko\na/b.ko: a/veth.ko\n");
        assert_eq!(index.needed(&[]), ["a/b.ko", "a/veth.ko"]);
    }
}
