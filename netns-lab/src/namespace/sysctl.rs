//! Kernel settings of the namespace of the calling thread.

use std::fs;
use std::io;
use std::path::Path;

use super::Inside;
use crate::topology::Sysctl;

/// A setting could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot set {path} to {value}")]
pub struct SysctlError {
    path: &'static str,
    value: &'static str,
    source: io::Error,
}

/// Writes one setting below `/proc/sys`.
///
/// Settings of IPv6 are skipped on a kernel without it.
pub fn write(_inside: &Inside, sysctl: Sysctl) -> Result<(), SysctlError> {
    let Sysctl { path, value } = sysctl;
    let file = Path::new("/proc/sys").join(path);
    match fs::write(&file, value) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.starts_with("net/ipv6/") => {
            Ok(())
        }
        other => other.map_err(|source| SysctlError {
            path,
            value,
            source,
        }),
    }
}
