//! Kernel releases, and what IPVS does differently in them.

use std::fmt;
use std::str::FromStr;

/// A kernel release, as far as its numbers say what IPVS does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// The 6 of 6.1.176.
    pub major: u32,
    /// The 1 of 6.1.176.
    pub minor: u32,
    /// The 176 of 6.1.176; 0 if the release names none.
    pub patch: u32,
}

/// A text that does not begin like a kernel release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kernel release: write one as `uname -r` does, for instance 6.1.176")]
pub struct NotARelease(String);

/// A change of IPVS that scheduling can tell.
///
/// Stable branches got these changes at different times; the numbers are those of their change
/// logs, as Debian's packages `linux-source-6.1`, `-6.12` and `-7.2` give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelChange {
    /// "ipvs: add totalconns for dest" and "ipvs: properly update the overload flag on dest edit":
    /// an open connection counts 257 instead of 256, and a server is overloaded from the moment
    /// its connections *reach* the upper threshold until they fall below the lower one.
    TotalConnections,
    /// "ipvs: bound LBLCR and LBLC cache growth": lblc and lblcr make no new entry while they have
    /// 24,576 or more.
    BoundedLocalityCache,
}

impl KernelVersion {
    /// The lab's reference, Debian 12's user-mode Linux.
    pub const REFERENCE: Self = Self::new(6, 1, 176);

    /// The release `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// The version of a release as `uname -r` gives it; one that does not begin with two numbers
    /// counts as [the reference](Self::REFERENCE).
    pub fn of_release(release: &str) -> Self {
        release.parse().unwrap_or(Self::REFERENCE)
    }

    /// Whether this kernel has the change. A branch that is not listed has it if it is newer than
    /// the newest one that is.
    pub(crate) fn has(self, change: KernelChange) -> bool {
        let first = change.first_in_branches();
        let branch = (self.major, self.minor);
        let listed = first.iter().find(|one| (one.major, one.minor) == branch);
        match listed {
            Some(first) => self >= *first,
            None => first.iter().all(|first| self > *first),
        }
    }
}

impl KernelChange {
    fn first_in_branches(self) -> [KernelVersion; 3] {
        let [old, middle, new] = match self {
            Self::TotalConnections => [183, 104, 0],
            Self::BoundedLocalityCache => [191, 113, 10],
        };
        [
            KernelVersion::new(6, 1, old),
            KernelVersion::new(6, 12, middle),
            KernelVersion::new(7, 2, new),
        ]
    }
}

impl FromStr for KernelVersion {
    type Err = NotARelease;

    fn from_str(release: &str) -> Result<Self, NotARelease> {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let mut next = || numbers.next()?.parse().ok();
        match (next(), next()) {
            (Some(major), Some(minor)) => Ok(Self::new(major, minor, next().unwrap_or(0))),
            _ => Err(NotARelease(release.to_owned())),
        }
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_got_a_change_at_its_own_release() {
        let has = |release: &str| {
            let version: KernelVersion = release.parse().unwrap();
            version.has(KernelChange::TotalConnections)
        };
        let without = [
            "5.10.0-30-amd64",
            "6.1.176",
            "6.1.182",
            "6.12.103",
            "6.6.50",
        ];
        let with = [
            "6.1.183",
            "6.12.104+deb13",
            "7.2",
            "7.2.12",
            "7.3-rc1",
            "8.0",
        ];
        assert_eq!(without.map(has), [false; 5]);
        assert_eq!(with.map(has), [true; 6]);
    }

    #[test]
    fn a_text_that_is_no_release_counts_as_the_reference() {
        for text in ["", "unknown", "6", "six.one"] {
            assert!(text.parse::<KernelVersion>().is_err(), "{text}");
            assert_eq!(KernelVersion::of_release(text), KernelVersion::REFERENCE);
        }
    }
}
