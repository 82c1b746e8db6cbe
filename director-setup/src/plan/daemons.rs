//! The steps for synchronisation daemons. There is no request to edit one.

use super::step::Step;
use super::{Parts, Unnamed, describe};
use crate::configuration::Configuration;
use crate::{Change, SyncDaemon, SyncRole};

/// Stops the daemons that `wanted` does not name, if it says something about daemons.
pub(super) fn stop_unnamed(
    parts: &mut Parts,
    actual: &Configuration,
    wanted: &Configuration,
    unnamed: Unnamed,
) {
    let (Unnamed::Delete, Some(wanted)) = (unnamed, &wanted.daemons) else {
        return;
    };
    for daemon in actual.daemons.iter().flatten() {
        let role = daemon.role;
        if of_role(wanted, role).is_none() {
            parts
                .first
                .push(Step::new(Change::StopDaemon { role }, &[]));
        }
    }
}

/// Starts the daemons that are missing, and starts those anew that differ.
pub(super) fn start(actual: &Configuration, wanted: &Configuration) -> Vec<Step> {
    let running = actual.daemons.as_deref().unwrap_or_default();
    let mut steps = Vec::new();
    for daemon in wanted.daemons.iter().flatten() {
        if let Some(found) = of_role(running, daemon.role) {
            let differences = describe::edited_daemon(found, daemon);
            if differences.is_empty() {
                continue;
            }
            let role = daemon.role;
            let step = Step::new(Change::StopDaemon { role }, &differences);
            steps.push(step.because("to start it anew"));
        }
        let details = describe::new_daemon(daemon);
        let daemon = daemon.clone();
        steps.push(Step::new(Change::StartDaemon { daemon }, &details));
    }
    steps
}

fn of_role(daemons: &[SyncDaemon], role: SyncRole) -> Option<&SyncDaemon> {
    daemons.iter().find(|daemon| daemon.role == role)
}
