//! The guest kernel that the tests use: the one that `netns-lab` would take.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use netns_lab::engine::{self, Continue, EngineName, Source, Uml, Wanted};
use netns_lab::guest::GuestKernel;

use crate::skip::Skipped;

/// The engine with that kernel.
pub fn engine() -> Result<Uml, Skipped> {
    let kernel = required()?;
    let source = Source::Given(kernel.executable.clone());
    Ok(Uml::new(kernel, source))
}

/// Finds the kernel, or fetches it once.
pub fn required() -> Result<GuestKernel, Skipped> {
    static KERNEL: OnceLock<Result<GuestKernel, String>> = OnceLock::new();
    KERNEL.get_or_init(find_or_fetch).clone().map_err(Skipped)
}

fn find_or_fetch() -> Result<GuestKernel, String> {
    let found = || {
        engine::find_kernel(None)
            .ok()
            .flatten()
            .map(|(kernel, _)| kernel)
    };
    if let Some(kernel) = found() {
        return Ok(kernel);
    }
    let wanted = Wanted::Only(EngineName::Uml);
    engine::choose(&wanted, None, &mut |_| Continue::Yes)
        .map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
    found().ok_or_else(|| "the guest kernel was fetched and is not there".to_owned())
}

/// Where the parts of a guest kernel lie below a prefix, as in Debian's package.
pub struct Layout {
    /// The executable.
    pub executable: PathBuf,
    /// The folder of its modules.
    pub modules: PathBuf,
}

impl Layout {
    /// The places below `prefix` for a kernel of this release.
    pub fn new(prefix: &Path, release: &str) -> Self {
        Self {
            executable: prefix.join("bin/linux.uml"),
            modules: prefix.join("lib/uml/modules").join(release),
        }
    }
}
