//! SIGINT and SIGTERM end the comparison between two samples, and the running sample at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on signals are noted.
pub(crate) fn watch() -> Result<()> {
    ctrlc::set_handler(|| REQUESTED.store(true, Ordering::Relaxed))
        .context("cannot wait for signals")
}

/// Whether one has come.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
