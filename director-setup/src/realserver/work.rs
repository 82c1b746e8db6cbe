//! The three commands, from looking to remembering.

use std::collections::HashSet;
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
    let vips = &each_once(vips);
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

/// A VIP that was said twice is still one.
fn each_once(vips: &[Vip]) -> Vec<Vip> {
    let mut seen = HashSet::new();
    let mut vips = vips.to_vec();
    vips.retain(|vip| seen.insert(vip.address));
    vips
}

fn ensure_unicast(address: IpAddr) -> Result<(), RealServerError> {
    let nobodys = match address {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.octets()[0] == 0,
        // What is mapped is an IPv4 address that would be put on the host as none.
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some(),
    };
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || nobodys {
        return Err(RealServerError::NotUnicast(address));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::InterfaceName;
    use crate::realserver::Method;

    #[test]
    fn a_vip_said_twice_is_one() {
        let vip = |last| Vip {
            address: [192, 0, 2, last].into(),
            interface: InterfaceName::lo(),
            method: Method::Dr,
        };
        assert_eq!(each_once(&[vip(2), vip(1), vip(2)]), [vip(2), vip(1)]);
    }

    #[test]
    fn addresses_that_a_host_has_by_itself_or_cannot_have_are_no_vips() {
        for wrong in [
            "0.1.2.3",
            "127.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:192.0.2.1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(ensure_unicast(wrong.parse().unwrap()).is_err(), "{wrong}");
        }
        for right in ["192.0.2.1", "2001:db8::1", "fd00::1"] {
            assert!(ensure_unicast(right.parse().unwrap()).is_ok(), "{right}");
        }
    }
}
