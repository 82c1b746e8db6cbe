//! The three commands, from looking to remembering.

use std::net::IpAddr;
use std::path::Path;

use serde::Serialize;

use super::host::{Host, Target, perform_all};
use super::observe::Observed;
use super::plan::{self, Plan};
use super::show::Inventory;
use super::state::{self, Place, State, StateFile};
use super::step::Step;
use super::{RealServerError, Vip};

/// Whether steps are carried out or only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only say what would be done.
    Show,
    /// Do it.
    CarryOut,
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// Whether they were carried out.
    pub carried_out: bool,
}

/// Prepares the host for `vips` and remembers in the file `state` what was there before.
///
/// The file says what will be done before anything is. After a failure the host and the file are as
/// they were; if even that fails, the file still says what to undo.
pub fn apply(vips: &[Vip], state: &Path, purpose: Purpose) -> Result<Done, RealServerError> {
    vips.iter()
        .try_for_each(|vip| ensure_unicast(vip.address))?;
    let mut host = Host::open()?;
    let plan_for = |host: &mut Host, recorded: &State| {
        let needs = plan::needs_with(recorded, vips);
        let observed = Observed::look(host.socket(), &needs)?;
        if let Some(vip) = vips
            .iter()
            .find(|vip| observed.interface(&vip.interface).is_none())
        {
            return Err(RealServerError::NoInterface(vip.interface.clone()));
        }
        Ok(plan::apply(vips, recorded, &observed))
    };
    if purpose == Purpose::Show {
        let recorded = state::read(state, &here()?)?;
        return Ok(shown(plan_for(&mut host, &recorded)?));
    }
    let file = StateFile::lock(state, here()?)?;
    let recorded = file.read()?;
    let Plan { steps, state } = plan_for(&mut host, &recorded)?;
    if state != recorded {
        file.write(&state)?;
    }
    match perform_all(&mut host, &steps) {
        Ok(()) => Ok(carried_out(steps)),
        Err(error @ RealServerError::Stuck { .. }) => Err(error),
        Err(error) => {
            file.write(&recorded)?;
            Err(error)
        }
    }
}

/// Undoes what was done for `vips`, or for all VIPs of the file `state`.
///
/// A step that fails ends it; the file then still says all of it, and another attempt goes on where
/// this one stopped.
pub fn undo(
    vips: Option<&[IpAddr]>,
    state: &Path,
    purpose: Purpose,
) -> Result<Done, RealServerError> {
    let mut host = Host::open()?;
    let plan_for = |host: &mut Host, recorded: &State| {
        let needs = plan::needs_recorded(recorded);
        let observed = Observed::look(host.socket(), &needs)?;
        Ok::<_, RealServerError>(plan::undo(vips, recorded, &observed))
    };
    if purpose == Purpose::Show || !state.exists() {
        let recorded = state::read(state, &here()?)?;
        return Ok(shown(plan_for(&mut host, &recorded)?));
    }
    let file = StateFile::lock(state, here()?)?;
    let recorded = file.read()?;
    let Plan { steps, state } = plan_for(&mut host, &recorded)?;
    for step in &steps {
        host.perform(step).map_err(|error| error.explained(step))?;
    }
    file.write(&state)?;
    Ok(carried_out(steps))
}

/// What is there of what real servers need; with no `vips`, for those of the file `state`.
pub fn show(vips: &[Vip], state: &Path) -> Result<Inventory, RealServerError> {
    let mut host = Host::open()?;
    let recorded = state::read(state, &here()?)?;
    Inventory::take(host.socket(), vips, &recorded)
}

fn here() -> Result<Place, RealServerError> {
    let proc = Path::new("/proc/thread-self/ns/net");
    Place::here().map_err(|source| RealServerError::state("read", proc, source))
}

fn shown(plan: Plan) -> Done {
    Done {
        steps: plan.steps,
        carried_out: false,
    }
}

const fn carried_out(steps: Vec<Step>) -> Done {
    Done {
        steps,
        carried_out: true,
    }
}

fn ensure_unicast(address: IpAddr) -> Result<(), RealServerError> {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || broadcast {
        return Err(RealServerError::NotUnicast(address));
    }
    Ok(())
}
