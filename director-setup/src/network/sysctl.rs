//! Kernel settings below `/proc/sys`, of the network namespace of the calling thread.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::InterfaceName;

/// A setting of the kernel's network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sysctl {
    /// Below `/proc/sys`, with slashes.
    path: String,
}

/// A setting could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {sysctl}: {source}")]
pub struct SysctlError {
    verb: String,
    sysctl: Sysctl,
    source: io::Error,
}

impl Sysctl {
    /// A setting by its path below `/proc/sys`, which is the program's own word.
    pub(crate) fn fixed(path: &'static str) -> Self {
        let path = path.to_owned();
        Self { path }
    }

    /// `net.ipv4.conf.INTERFACE.SETTING`.
    pub(crate) fn ipv4_conf(interface: &InterfaceName, setting: &'static str) -> Self {
        let path = format!("net/ipv4/conf/{interface}/{setting}");
        Self { path }
    }

    /// The value without the line's end; nothing if the kernel has no such setting.
    pub fn read(&self) -> Result<Option<String>, SysctlError> {
        match fs::read_to_string(self.file()) {
            Ok(text) => Ok(Some(text.trim_end().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.error("read", source)),
        }
    }

    /// Sets it.
    pub fn write(&self, value: &str) -> Result<(), SysctlError> {
        tracing::debug!(setting = %self, value, "write");
        fs::write(self.file(), value).map_err(|source| self.error("set", source))
    }

    /// The command that sets it by hand.
    pub fn command(&self, value: &str) -> String {
        format!("sysctl -w {self}={value}")
    }

    fn file(&self) -> PathBuf {
        PathBuf::from("/proc/sys").join(&self.path)
    }

    fn error(&self, verb: &str, source: io::Error) -> SysctlError {
        SysctlError {
            verb: verb.to_owned(),
            sysctl: self.clone(),
            source,
        }
    }
}

impl SysctlError {
    /// The operating system's reason.
    pub const fn io(&self) -> &io::Error {
        &self.source
    }
}

/// As sysctl(8) writes it: dots and slashes trade places, so that `eth0.100` stays one word.
impl fmt::Display for Sysctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trade = |c| match c {
            '/' => '.',
            '.' => '/',
            c => c,
        };
        f.pad(&self.path.chars().map(trade).collect::<String>())
    }
}

impl Serialize for Sysctl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_of_a_vlan_interface_is_written_as_sysctl_wants_it() {
        let vlan = "eth0.100".parse().unwrap();
        assert_eq!(
            Sysctl::ipv4_conf(&vlan, "rp_filter").command("0"),
            "sysctl -w net.ipv4.conf.eth0/100.rp_filter=0"
        );
    }

    #[test]
    fn a_setting_that_the_kernel_lacks_has_no_value() {
        assert_eq!(
            Sysctl::fixed("net/ipv4/no_such_setting").read().unwrap(),
            None
        );
        let forward = Sysctl::fixed("net/ipv4/ip_forward").read().unwrap();
        assert!(forward.is_some());
    }
}
