//! Real servers: `ip_vs_genl_parse_dest` and `ip_vs_genl_fill_dest` in
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use std::net::SocketAddr;

use neli::types::{Buffer, GenlBuffer};

use super::attributes::{Attributes, attribute};
use super::{DecodeError, Object, address, statistics};
use crate::abi::DestinationAttribute as Attr;
use crate::tunnel::RawTunnel;
use crate::{
    AddressFamily, ConnectionCounts, Forwarding, RealServer, RealServerEntry, Thresholds, Tunnel,
    Weight,
};

/// The attributes inside a destination's nest.
pub type DestinationAttributes = GenlBuffer<Attr, Buffer>;

/// The attributes that name a real server of a service in a request about it.
pub fn encode_key(address: &SocketAddr) -> DestinationAttributes {
    let family = AddressFamily::from(*address);
    [
        attribute(Attr::Address, address::encode(address.ip())),
        attribute(Attr::Port, address.port().to_be_bytes()),
        attribute(Attr::Family, address::family_number(family)),
    ]
    .into_iter()
    .collect()
}

/// The attributes of a request to add or to edit a real server.
pub fn encode(server: &RealServer) -> DestinationAttributes {
    let tunnel = RawTunnel::from(server.tunnel);
    let settings = [
        attribute(Attr::ForwardingMethod, server.forwarding.number()),
        attribute(Attr::Weight, server.weight.get()),
        attribute(Attr::UpperThreshold, server.thresholds.upper),
        attribute(Attr::LowerThreshold, server.thresholds.lower),
        attribute(Attr::TunnelType, tunnel.kind),
        attribute(Attr::TunnelPort, tunnel.port.to_be_bytes()),
        attribute(Attr::TunnelFlags, tunnel.flags),
    ];
    let unknown = server.unknown.iter().map(|unknown| {
        let kind = Attr::from(unknown.number);
        attribute(kind, unknown.payload.as_slice())
    });
    encode_key(&server.address)
        .into_iter()
        .chain(settings)
        .chain(unknown)
        .collect()
}

/// The configuration in a destination's nest. The family of an answer that states none, as before
/// Linux 3.18, is the service's.
pub fn decode(bytes: &[u8], service: AddressFamily) -> Result<RealServer, DecodeError> {
    decode_server(&Attributes::parse(Object::Destination, bytes)?, service)
}

/// The configuration and the counters in a destination's nest; see [`decode`] for `service`.
pub fn decode_entry(bytes: &[u8], service: AddressFamily) -> Result<RealServerEntry, DecodeError> {
    let attributes = Attributes::parse(Object::Destination, bytes)?;
    Ok(RealServerEntry {
        server: decode_server(&attributes, service)?,
        connections: ConnectionCounts {
            active: attributes.u32(Attr::ActiveConnections)?,
            inactive: attributes.u32(Attr::InactiveConnections)?,
            persistent: attributes.u32(Attr::PersistentConnections)?,
        },
        statistics: match attributes.find(Attr::Statistics64) {
            Some(nest) => statistics::decode(nest)?,
            None => statistics::decode(attributes.bytes(Attr::Statistics)?)?,
        },
    })
}

fn decode_server(
    attributes: &Attributes<'_, Attr>,
    service: AddressFamily,
) -> Result<RealServer, DecodeError> {
    Ok(RealServer {
        address: decode_address(attributes, service)?,
        forwarding: Forwarding::from(attributes.u32(Attr::ForwardingMethod)?),
        weight: decode_weight(attributes)?,
        thresholds: Thresholds {
            upper: attributes.u32(Attr::UpperThreshold)?,
            lower: attributes.u32(Attr::LowerThreshold)?,
        },
        tunnel: decode_tunnel(attributes)?,
        unknown: attributes.unknown(|kind| match kind {
            Attr::UnrecognizedConst(number) => Some(*number),
            _ => None,
        }),
    })
}

fn decode_address(
    attributes: &Attributes<'_, Attr>,
    service: AddressFamily,
) -> Result<SocketAddr, DecodeError> {
    let family = match attributes.optional(Attr::Family, Attributes::u16)? {
        None => service,
        Some(number) => address::family_from_number(number)
            .ok_or_else(|| attributes.impossible(Attr::Family, &number))?,
    };
    let address = address::decode(attributes.array(Attr::Address)?, family);
    Ok(SocketAddr::new(address, attributes.be_u16(Attr::Port)?))
}

fn decode_weight(attributes: &Attributes<'_, Attr>) -> Result<Weight, DecodeError> {
    let number = attributes.u32(Attr::Weight)?;
    Weight::try_from(number).map_err(|_| attributes.impossible(Attr::Weight, &number))
}

fn decode_tunnel(attributes: &Attributes<'_, Attr>) -> Result<Tunnel, DecodeError> {
    let kind = attributes.optional(Attr::TunnelType, Attributes::u8)?;
    let port = attributes.optional(Attr::TunnelPort, Attributes::be_u16)?;
    let flags = attributes.optional(Attr::TunnelFlags, Attributes::u16)?;
    Ok(Tunnel::from(RawTunnel {
        kind: kind.unwrap_or_default(),
        port: port.unwrap_or_default(),
        flags: flags.unwrap_or_default(),
    }))
}
