//! One change of a real server's host.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::needs::{Device, Setting};
use crate::network::InterfaceName;
use crate::network::address::full_prefix;
use crate::network::fou::GuePort;

/// A change; each can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Make the kernel load a tunnel's module, or add its device where a namespace has none.
    AddDevice {
        /// The device.
        device: Device,
    },
    /// Delete a device that was added.
    DeleteDevice {
        /// The device.
        device: Device,
    },
    /// Set a device up.
    DeviceUp {
        /// The device.
        device: Device,
    },
    /// Set a device down.
    DeviceDown {
        /// The device.
        device: Device,
    },
    /// Open a port for GUE.
    OpenPort {
        /// The port.
        #[serde(flatten)]
        port: GuePort,
    },
    /// Close a port of GUE.
    ClosePort {
        /// The port.
        #[serde(flatten)]
        port: GuePort,
    },
    /// Change a setting.
    Set {
        /// The setting.
        #[serde(flatten)]
        setting: Setting,
        /// Its value now; none before its device exists.
        from: Option<i32>,
        /// Its value afterwards.
        to: i32,
    },
    /// Add a VIP to an interface.
    AddAddress {
        /// The VIP.
        address: IpAddr,
        /// The interface.
        interface: InterfaceName,
    },
    /// Remove a VIP from an interface.
    RemoveAddress {
        /// The VIP.
        address: IpAddr,
        /// The interface.
        interface: InterfaceName,
    },
}

impl Step {
    /// The step that takes this one back, if anything is to be done for that.
    pub fn inverse(&self) -> Option<Self> {
        Some(match self.clone() {
            Self::AddDevice { device } => Self::DeleteDevice { device },
            Self::DeleteDevice { device } => Self::AddDevice { device },
            Self::DeviceUp { device } => Self::DeviceDown { device },
            Self::DeviceDown { device } => Self::DeviceUp { device },
            Self::OpenPort { port } => Self::ClosePort { port },
            Self::ClosePort { port } => Self::OpenPort { port },
            Self::Set { setting, from, to } => Self::Set {
                setting,
                to: from?,
                from: Some(to),
            },
            Self::AddAddress { address, interface } => Self::RemoveAddress { address, interface },
            Self::RemoveAddress { address, interface } => Self::AddAddress { address, interface },
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddDevice { device } => {
                write!(f, "add device {device} (module {})", device.module())
            }
            Self::DeleteDevice { device } => write!(f, "delete device {device}"),
            Self::DeviceUp { device } => write!(f, "set {device} up"),
            Self::DeviceDown { device } => write!(f, "set {device} down"),
            Self::OpenPort { port } => write!(f, "open UDP port {} for GUE", port.port),
            Self::ClosePort { port } => write!(f, "close UDP port {} of GUE", port.port),
            Self::Set {
                setting,
                from: Some(from),
                to,
            } => write!(f, "set {setting} from {from} to {to}"),
            Self::Set { setting, to, .. } => write!(f, "set {setting} to {to}"),
            Self::AddAddress { address, interface } => {
                write!(f, "add {address}/{} to {interface}", full_prefix(*address))
            }
            Self::RemoveAddress { address, interface } => {
                write!(
                    f,
                    "remove {address}/{} from {interface}",
                    full_prefix(*address)
                )
            }
        }
    }
}
