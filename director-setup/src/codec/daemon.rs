//! Synchronisation daemons: `ip_vs_genl_new_daemon` and `ip_vs_genl_fill_daemon` in
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use neli::types::{Buffer, GenlBuffer};

use super::attributes::{Attributes, attribute, is_name};
use super::{DecodeError, EncodeError, Object};
use crate::abi::{self, DaemonAttribute as Attr};
use crate::{SyncDaemon, SyncRole};

/// The attributes inside a daemon's nest.
pub type DaemonAttributes = GenlBuffer<Attr, Buffer>;

/// The attributes that name a daemon in a request to stop it.
pub fn encode_role(role: SyncRole) -> DaemonAttributes {
    std::iter::once(attribute(Attr::State, role.number())).collect()
}

/// The attributes of a request to start a daemon.
pub fn encode(daemon: &SyncDaemon) -> Result<DaemonAttributes, EncodeError> {
    if !is_name(&daemon.interface, abi::INTERFACE_NAME_MAX) {
        return Err(EncodeError::InterfaceName(daemon.interface.clone()));
    }
    let mut attributes = encode_role(daemon.role);
    let interface = daemon.interface.as_str();
    attributes.push(attribute(Attr::MulticastInterface, interface));
    attributes.push(attribute(Attr::SyncId, daemon.sync_id));
    if let Some(length) = daemon.max_length {
        attributes.push(attribute(Attr::SyncMaxLength, length));
    }
    match daemon.group {
        Some(IpAddr::V4(group)) => {
            attributes.push(attribute(Attr::MulticastGroup, group.octets()));
        }
        Some(IpAddr::V6(group)) => {
            attributes.push(attribute(Attr::MulticastGroup6, group.octets()));
        }
        None => {}
    }
    if let Some(port) = daemon.port {
        attributes.push(attribute(Attr::MulticastPort, port));
    }
    if let Some(ttl) = daemon.ttl {
        attributes.push(attribute(Attr::MulticastTtl, ttl));
    }
    Ok(attributes)
}

/// The daemon in a nest.
pub fn decode(bytes: &[u8]) -> Result<SyncDaemon, DecodeError> {
    let attributes = Attributes::parse(Object::Daemon, bytes)?;
    let state = attributes.u32(Attr::State)?;
    Ok(SyncDaemon {
        role: SyncRole::from_number(state)
            .ok_or_else(|| attributes.impossible(Attr::State, &state))?,
        interface: attributes.text_owned(Attr::MulticastInterface)?,
        sync_id: attributes.u32(Attr::SyncId)?,
        max_length: attributes.optional(Attr::SyncMaxLength, Attributes::u16)?,
        group: decode_group(&attributes)?,
        port: attributes.optional(Attr::MulticastPort, Attributes::u16)?,
        ttl: attributes.optional(Attr::MulticastTtl, Attributes::u8)?,
    })
}

fn decode_group(attributes: &Attributes<'_, Attr>) -> Result<Option<IpAddr>, DecodeError> {
    let v4 = attributes.optional(Attr::MulticastGroup, Attributes::array::<4>)?;
    let v6 = attributes.optional(Attr::MulticastGroup6, Attributes::array::<16>)?;
    Ok(v4
        .map(|octets| Ipv4Addr::from(octets).into())
        .or_else(|| v6.map(|octets| Ipv6Addr::from(octets).into())))
}
