//! What is there on a real server's host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::RealServerError;
use super::needs::{Device, Needs, Setting};
use crate::network::address::{self, InterfaceAddress, full_prefix};
use crate::network::fou::{Fou, GuePort};
use crate::network::interface::{self, Interface};
use crate::network::rtnetlink::Socket;
use crate::network::{InterfaceName, NetworkError, Sysctl};
use nix::errno::Errno;

/// What is there, as far as some needs go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The interfaces.
    pub interfaces: Vec<Interface>,
    /// The addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// The settings that exist, with their values.
    pub settings: BTreeMap<Setting, i32>,
    /// The ports that are open for GUE.
    pub ports: BTreeSet<GuePort>,
}

impl Observed {
    /// Looks at what these needs are about.
    pub fn look(socket: &mut Socket, needs: &Needs) -> Result<Self, RealServerError> {
        let mut settings = BTreeMap::new();
        for setting in &needs.settings {
            for setting in [setting.clone(), for_new_interfaces(setting)] {
                if let Some(value) = read(&setting.sysctl())? {
                    settings.insert(setting, value);
                }
            }
        }
        Ok(Self {
            interfaces: interface::list(socket)?,
            addresses: address::list(socket)?,
            settings,
            ports: ports(needs)?,
        })
    }

    /// The interface of this name.
    pub fn interface(&self, name: &InterfaceName) -> Option<&Interface> {
        self.interfaces.iter().find(|one| one.name == *name)
    }

    /// The interface of a tunnel.
    pub fn device(&self, device: Device) -> Option<&Interface> {
        let mut interfaces = self.interfaces.iter();
        interfaces.find(|one| one.name.as_str() == device.as_str())
    }

    /// Whether the interface has the address alone, without a network.
    pub fn has(&self, vip: IpAddr, interface: &InterfaceName) -> bool {
        let Some(interface) = self.interface(interface) else {
            return false;
        };
        self.addresses.iter().any(|one| {
            one.interface == interface.index && one.address == vip && one.prefix == full_prefix(vip)
        })
    }

    /// The value of a setting; of an interface that is yet to come, the one that it will get.
    pub fn value(&self, setting: &Setting) -> Option<i32> {
        let own = self.settings.get(setting);
        own.or_else(|| self.settings.get(&for_new_interfaces(setting)))
            .copied()
    }
}

fn for_new_interfaces(setting: &Setting) -> Setting {
    Setting {
        interface: InterfaceName::default_settings(),
        name: setting.name,
    }
}

fn read(sysctl: &Sysctl) -> Result<Option<i32>, RealServerError> {
    let Some(text) = sysctl.read()? else {
        return Ok(None);
    };
    let value = text.trim().parse().map_err(|_| NetworkError::Answer {
        what: format!("read {sysctl}"),
        reason: format!("{text:?} is no number"),
    })?;
    Ok(Some(value))
}

/// Without the module `fou` there are none.
fn ports(needs: &Needs) -> Result<BTreeSet<GuePort>, RealServerError> {
    if needs.ports.is_empty() {
        return Ok(BTreeSet::new());
    }
    match Fou::connect() {
        Ok(mut fou) => Ok(fou.ports()?.into_iter().collect()),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(BTreeSet::new()),
        Err(error) => Err(error.into()),
    }
}
