//! From what is there to what is needed, and back: pure functions.

use std::net::IpAddr;

use super::Vip;
use super::needs::Needs;
use super::observe::Observed;
use super::state::{Origin, RecordedDevice, RecordedSetting, RecordedVip, State};
use super::step::Step;

/// What to do, and what is to be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// The state during and after the steps of [`apply`], and after those of [`undo`].
    pub state: State,
}

/// What the recorded VIPs and these need together.
pub fn needs_with(state: &State, vips: &[Vip]) -> Needs {
    let kept = state.vips.iter().map(|one| &one.vip);
    let kept = kept.filter(|one| !vips.iter().any(|vip| vip.address == one.address));
    Needs::of(kept.chain(vips))
}

/// Everything that a state remembers, so that it can be looked at before it is undone.
pub fn needs_recorded(state: &State) -> Needs {
    let mut needs = Needs::of(state.vips.iter().map(|one| &one.vip));
    let settings = state.settings.iter().map(|one| one.setting.clone());
    needs.settings.extend(settings);
    needs
        .devices
        .extend(state.devices.iter().map(|one| one.device));
    needs.ports.extend(&state.ports);
    needs
}

/// The steps that prepare the host for `vips`, beside those it is prepared for already.
///
/// The VIPs come last: before the settings are there the host would answer ARP for them.
pub fn apply(vips: &[Vip], state: &State, observed: &Observed) -> Plan {
    let mut plan = Plan {
        steps: Vec::new(),
        state: state.clone(),
    };
    let needs = needs_with(state, vips);
    plan.add_devices(&needs, observed);
    plan.open_ports(&needs, observed);
    plan.change_settings(&needs, observed);
    plan.set_devices_up(&needs, observed);
    for vip in vips {
        plan.add_vip(vip, observed);
    }
    plan
}

/// The steps that undo what was done for `vips`, or for all; what other VIPs need stays.
pub fn undo(vips: Option<&[IpAddr]>, state: &State, observed: &Observed) -> Plan {
    let goes = |address: &IpAddr| vips.is_none_or(|vips| vips.contains(address));
    let (gone, kept): (Vec<RecordedVip>, Vec<RecordedVip>) = state
        .vips
        .iter()
        .cloned()
        .partition(|one| goes(&one.vip.address));
    let needs = Needs::of(kept.iter().map(|one| &one.vip));
    let mut plan = Plan {
        steps: Vec::new(),
        state: state.clone(),
    };
    plan.state.vips = kept;
    plan.remove_vips(&gone, observed);
    plan.set_devices_down(&needs, observed);
    plan.restore_settings(&needs, observed);
    plan.close_ports(&needs, observed);
    plan.delete_devices(&needs, observed);
    plan.state
        .settings
        .retain(|one| needs.settings.contains(&one.setting));
    plan.state
        .devices
        .retain(|one| needs.devices.contains(&one.device));
    plan.state.ports.retain(|port| needs.ports.contains(port));
    plan
}

impl Plan {
    fn add_devices(&mut self, needs: &Needs, observed: &Observed) {
        for &device in &needs.devices {
            let origin = match observed.device(device) {
                Some(found) if found.up => continue,
                Some(_) => Origin::Found,
                None => {
                    self.steps.push(Step::AddDevice { device });
                    Origin::Added
                }
            };
            if !self.state.devices.iter().any(|one| one.device == device) {
                self.state.devices.push(RecordedDevice { device, origin });
            }
        }
    }

    fn open_ports(&mut self, needs: &Needs, observed: &Observed) {
        for &port in needs.ports.difference(&observed.ports) {
            self.steps.push(Step::OpenPort { port });
            if !self.state.ports.contains(&port) {
                self.state.ports.push(port);
            }
        }
    }

    fn change_settings(&mut self, needs: &Needs, observed: &Observed) {
        for setting in &needs.settings {
            let there = observed.value(setting);
            let to = setting.name.wanted();
            if there.is_some_and(|value| setting.name.satisfied_by(value)) {
                continue;
            }
            let from = observed.settings.get(setting).copied();
            let setting = setting.clone();
            let known = self.state.settings.iter().any(|one| one.setting == setting);
            if let (false, Some(original)) = (known, there) {
                let setting = setting.clone();
                self.state
                    .settings
                    .push(RecordedSetting { setting, original });
            }
            self.steps.push(Step::Set { setting, from, to });
        }
    }

    fn set_devices_up(&mut self, needs: &Needs, observed: &Observed) {
        for &device in &needs.devices {
            if !observed.device(device).is_some_and(|found| found.up) {
                self.steps.push(Step::DeviceUp { device });
            }
        }
    }

    fn add_vip(&mut self, vip: &Vip, observed: &Observed) {
        let there = observed.has(vip.address, &vip.interface);
        let known = self
            .state
            .vips
            .iter()
            .position(|one| one.vip.address == vip.address);
        let mut origin = if there { Origin::Found } else { Origin::Added };
        if let Some(known) = known {
            let known = self.state.vips.remove(known);
            if known.vip.interface == vip.interface {
                origin = known.origin;
            } else if known.origin == Origin::Added {
                self.remove_vips(&[known], observed);
            }
        }
        if !there {
            self.steps.push(Step::AddAddress {
                address: vip.address,
                interface: vip.interface.clone(),
            });
        }
        let vip = vip.clone();
        self.state.vips.push(RecordedVip { vip, origin });
    }

    fn remove_vips(&mut self, gone: &[RecordedVip], observed: &Observed) {
        for RecordedVip { vip, origin } in gone {
            if *origin == Origin::Added && observed.has(vip.address, &vip.interface) {
                self.steps.push(Step::RemoveAddress {
                    address: vip.address,
                    interface: vip.interface.clone(),
                });
            }
        }
    }

    fn set_devices_down(&mut self, needs: &Needs, observed: &Observed) {
        for &RecordedDevice { device, .. } in &self.state.devices {
            let up = observed.device(device).is_some_and(|found| found.up);
            if up && !needs.devices.contains(&device) {
                self.steps.push(Step::DeviceDown { device });
            }
        }
    }

    fn restore_settings(&mut self, needs: &Needs, observed: &Observed) {
        for RecordedSetting { setting, original } in &self.state.settings {
            // A setting whose interface is gone is gone with it.
            let there = observed.settings.get(setting).copied();
            if there.is_some_and(|value| value != *original) && !needs.settings.contains(setting) {
                self.steps.push(Step::Set {
                    setting: setting.clone(),
                    from: there,
                    to: *original,
                });
            }
        }
    }

    fn close_ports(&mut self, needs: &Needs, observed: &Observed) {
        for &port in &self.state.ports {
            if observed.ports.contains(&port) && !needs.ports.contains(&port) {
                self.steps.push(Step::ClosePort { port });
            }
        }
    }

    fn delete_devices(&mut self, needs: &Needs, observed: &Observed) {
        for &RecordedDevice { device, origin } in &self.state.devices {
            let ours = origin == Origin::Added && observed.device(device).is_some();
            if ours && !needs.devices.contains(&device) {
                self.steps.push(Step::DeleteDevice { device });
            }
        }
    }
}

#[cfg(test)]
mod tests;
