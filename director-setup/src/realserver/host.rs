//! Carrying out steps on this host.

use std::net::IpAddr;

use nix::errno::Errno;

use super::RealServerError;
use super::needs::Device;
use super::step::Step;
use crate::network::InterfaceName;
use crate::network::address::{self, InterfaceAddress};
use crate::network::fou::Fou;
use crate::network::interface::{self, Interface};
use crate::network::rtnetlink::Socket;

/// Something that steps can be carried out on.
pub trait Target {
    /// Carries out one step.
    fn perform(&mut self, step: &Step) -> Result<(), RealServerError>;
}

/// This host's network, in the namespace of the thread that opened it; settings are those of the
/// thread that uses it.
pub struct Host {
    socket: Socket,
}

impl Host {
    /// Opens what is needed to look and to change.
    pub fn open() -> Result<Self, RealServerError> {
        let socket = Socket::open()?;
        Ok(Self { socket })
    }

    /// The socket, for looking.
    pub const fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    fn interface(&mut self, name: &InterfaceName) -> Result<Interface, RealServerError> {
        interface::list(&mut self.socket)?
            .into_iter()
            .find(|one| one.name == *name)
            .ok_or_else(|| RealServerError::NoInterface(name.clone()))
    }

    /// Adding makes the kernel load the module, whose fallback device may be all that is wanted.
    fn add_device(&mut self, device: Device) -> Result<(), RealServerError> {
        match interface::add(&mut self.socket, device.as_str(), device.kind()) {
            Err(error) if error.errno() == Some(Errno::EEXIST) => Ok(()),
            Err(error) if error.errno() == Some(Errno::EOPNOTSUPP) => {
                Err(RealServerError::NoTunnel(device))
            }
            other => Ok(other?),
        }
    }

    fn add_address(
        &mut self,
        address: IpAddr,
        interface: &InterfaceName,
    ) -> Result<(), RealServerError> {
        let index = self.interface(interface)?.index;
        match address::add(&mut self.socket, &InterfaceAddress::single(index, address)) {
            // `ipv6_add_addr` in `net/ipv6/addrconf.c` (Linux 6.12).
            Err(error) if address.is_ipv6() && error.errno() == Some(Errno::EACCES) => {
                Err(RealServerError::Ipv6Disabled(interface.clone()))
            }
            other => Ok(other?),
        }
    }
}

impl Target for Host {
    fn perform(&mut self, step: &Step) -> Result<(), RealServerError> {
        tracing::debug!(%step);
        match step {
            Step::AddDevice { device } => self.add_device(*device)?,
            Step::DeleteDevice { device } => {
                let interface = self.interface(&device.interface())?;
                interface::delete(&mut self.socket, &interface)?;
            }
            Step::DeviceUp { device } => {
                let interface = self.interface(&device.interface())?;
                interface::set_up(&mut self.socket, &interface)?;
            }
            Step::DeviceDown { device } => {
                let interface = self.interface(&device.interface())?;
                interface::set_down(&mut self.socket, &interface)?;
            }
            Step::OpenPort { port } => fou(port.port)?.open(*port)?,
            Step::ClosePort { port } => fou(port.port)?.close(*port)?,
            Step::Set { setting, to, .. } => setting.sysctl().write(&to.to_string())?,
            Step::AddAddress { address, interface } => {
                self.add_address(*address, interface)?;
            }
            Step::RemoveAddress { address, interface } => {
                let index = self.interface(interface)?.index;
                let address = InterfaceAddress::single(index, *address);
                address::remove(&mut self.socket, &address)?;
            }
        }
        Ok(())
    }
}

fn fou(port: u16) -> Result<Fou, RealServerError> {
    Fou::connect().map_err(|error| match error.errno() {
        Some(Errno::ENOENT) => RealServerError::NoFou(port),
        _ => error.into(),
    })
}

/// Carries out all steps or none: after a failure those that were done are taken back in reverse.
///
/// # Errors
///
/// [`RealServerError::RolledBack`], or [`RealServerError::Stuck`] if not even that was possible.
pub fn perform_all(target: &mut impl Target, steps: &[Step]) -> Result<(), RealServerError> {
    for (done, step) in steps.iter().enumerate() {
        let Err(error) = target.perform(step) else {
            continue;
        };
        let source = Box::new(error.explained(step));
        let step = Box::new(step.clone());
        return Err(match take_back(target, &steps[..done]) {
            Ok(()) if done == 0 => *source,
            Ok(()) => RealServerError::RolledBack { step, source },
            Err(rollback) => RealServerError::Stuck {
                step,
                source,
                rollback: Box::new(rollback),
            },
        });
    }
    Ok(())
}

/// Takes back as much as possible; the first failure is the error.
fn take_back(target: &mut impl Target, done: &[Step]) -> Result<(), RealServerError> {
    let inverses = done.iter().rev().filter_map(Step::inverse);
    let outcomes: Vec<_> = inverses.map(|step| target.perform(&step)).collect();
    outcomes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realserver::needs::{Setting, SettingName};

    /// Remembers the steps and fails at those that `fails` chooses.
    struct Fake {
        done: Vec<String>,
        fails: fn(&Step) -> bool,
    }

    impl Target for Fake {
        fn perform(&mut self, step: &Step) -> Result<(), RealServerError> {
            if (self.fails)(step) {
                return Err(RealServerError::NoInterface(InterfaceName::lo()));
            }
            self.done.push(step.to_string());
            Ok(())
        }
    }

    fn steps() -> Vec<Step> {
        let interface = InterfaceName::lo();
        vec![
            Step::Set {
                setting: Setting::of_all(SettingName::ArpIgnore),
                from: Some(0),
                to: 1,
            },
            Step::AddAddress {
                address: [192, 0, 2, 1].into(),
                interface,
            },
        ]
    }

    #[test]
    fn what_was_done_before_a_failure_is_taken_back() {
        let fails = |step: &Step| matches!(step, Step::AddAddress { .. });
        let mut fake = Fake {
            done: Vec::new(),
            fails,
        };
        let error = perform_all(&mut fake, &steps()).unwrap_err();
        assert!(
            matches!(error, RealServerError::RolledBack { .. }),
            "{error}"
        );
        assert_eq!(
            fake.done,
            [
                "set net.ipv4.conf.all.arp_ignore from 0 to 1",
                "set net.ipv4.conf.all.arp_ignore from 1 to 0"
            ]
        );
    }

    #[test]
    fn a_failure_of_taking_back_is_told_too() {
        let fails = |step: &Step| matches!(step, Step::AddAddress { .. } | Step::Set { to: 0, .. });
        let mut fake = Fake {
            done: Vec::new(),
            fails,
        };
        let error = perform_all(&mut fake, &steps()).unwrap_err();
        assert!(matches!(error, RealServerError::Stuck { .. }), "{error}");
    }
}
