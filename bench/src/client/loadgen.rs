//! Ours: ab's options and ab's report.

use anyhow::Result;

use super::ab;
use crate::cell::Load;

pub(super) fn arguments(load: &Load) -> Vec<String> {
    ab::arguments(load)
}

pub(super) fn completed(report: &str) -> Result<u64> {
    ab::completed(report)
}
