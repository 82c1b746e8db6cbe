//! Virtual services: `ip_vs_genl_parse_service` and `ip_vs_genl_fill_service` in
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use neli::types::{Buffer, GenlBuffer};

use super::attributes::{Attributes, attribute, is_name};
use super::{DecodeError, EncodeError, Object, address, statistics};
use crate::abi::{self, ServiceAttribute as Attr};
use crate::{
    AddressFamily, Netmask, Persistence, Protocol, Scheduler, Service, ServiceEntry, ServiceFlags,
    ServiceKey,
};

/// The attributes inside a service's nest.
pub type ServiceAttributes = GenlBuffer<Attr, Buffer>;

/// The attributes that name a service in a request about it.
pub fn encode_key(key: &ServiceKey) -> ServiceAttributes {
    let family = attribute(Attr::Family, address::family_number(key.family()));
    match key {
        ServiceKey::Address { protocol, address } => [
            family,
            attribute(Attr::Protocol, protocol.number()),
            attribute(Attr::Address, address::encode(address.ip())),
            attribute(Attr::Port, address.port().to_be_bytes()),
        ]
        .into_iter()
        .collect(),
        ServiceKey::FirewallMark { mark, .. } => {
            [family, attribute(Attr::FirewallMark, mark.get())]
                .into_iter()
                .collect()
        }
    }
}

/// The attributes of a request to add or to edit a service.
pub fn encode(service: &Service) -> Result<ServiceAttributes, EncodeError> {
    let name = service.scheduler.name();
    if !is_name(name, abi::SCHEDULER_NAME_MAX) {
        return Err(EncodeError::SchedulerName(name.to_owned()));
    }
    let (timeout, netmask) = encode_persistence(service)?;
    let mut attributes = encode_key(&service.key);
    attributes.push(attribute(Attr::SchedulerName, name));
    attributes.push(attribute(Attr::Flags, encode_flags(service)));
    attributes.push(attribute(Attr::Timeout, timeout));
    attributes.push(attribute(Attr::Netmask, netmask));
    if let Some(engine) = &service.engine {
        if !is_name(engine, abi::ENGINE_NAME_MAX) {
            return Err(EncodeError::EngineName(engine.clone()));
        }
        attributes.push(attribute(Attr::EngineName, engine.as_str()));
    }
    for unknown in &service.unknown {
        let kind = Attr::from(unknown.number);
        attributes.push(attribute(kind, unknown.payload.as_slice()));
    }
    Ok(attributes)
}

/// The configuration in a service's nest.
pub fn decode(bytes: &[u8]) -> Result<Service, DecodeError> {
    decode_service(&Attributes::parse(Object::Service, bytes)?)
}

/// The configuration and the counters in a service's nest.
pub fn decode_entry(bytes: &[u8]) -> Result<ServiceEntry, DecodeError> {
    let attributes = Attributes::parse(Object::Service, bytes)?;
    Ok(ServiceEntry {
        service: decode_service(&attributes)?,
        statistics: match attributes.find(Attr::Statistics64) {
            Some(nest) => statistics::decode(nest)?,
            None => statistics::decode(attributes.bytes(Attr::Statistics)?)?,
        },
    })
}

/// Flags, and a mask that means all of them.
fn encode_flags(service: &Service) -> [u8; 8] {
    let persistent = match service.persistence {
        Some(_) => abi::SERVICE_PERSISTENT,
        None => 0,
    };
    let mut pair = [u8::MAX; 8];
    pair[..4].copy_from_slice(&(service.flags.bits() | persistent).to_ne_bytes());
    pair
}

/// Timeout and netmask, which the kernel wants of a service without persistence too.
fn encode_persistence(service: &Service) -> Result<(u32, [u8; 4]), EncodeError> {
    let family = service.key.family();
    let (timeout, netmask) = match &service.persistence {
        Some(persistence) => (persistence.timeout_seconds, persistence.netmask),
        None => (0, Netmask::single_client(family)),
    };
    match (netmask, family) {
        (Netmask::Ipv4(mask), AddressFamily::Ipv4) => Ok((timeout, mask.octets())),
        (Netmask::Ipv6(prefix), AddressFamily::Ipv6) => {
            Ok((timeout, u32::from(prefix).to_ne_bytes()))
        }
        _ => Err(EncodeError::NetmaskFamily(family)),
    }
}

fn decode_service(attributes: &Attributes<'_, Attr>) -> Result<Service, DecodeError> {
    let key = decode_key(attributes)?;
    let [a, b, c, d, ..] = attributes.array::<8>(Attr::Flags)?;
    let flags = u32::from_ne_bytes([a, b, c, d]);
    Ok(Service {
        key,
        scheduler: Scheduler::from(attributes.text(Attr::SchedulerName)?),
        flags: ServiceFlags::from(flags),
        persistence: if flags & abi::SERVICE_PERSISTENT == 0 {
            None
        } else {
            Some(decode_persistence(attributes, key.family())?)
        },
        engine: attributes.optional(Attr::EngineName, Attributes::text_owned)?,
        unknown: attributes.unknown(|kind| match kind {
            Attr::UnrecognizedConst(number) => Some(*number),
            _ => None,
        }),
    })
}

fn decode_key(attributes: &Attributes<'_, Attr>) -> Result<ServiceKey, DecodeError> {
    let number = attributes.u16(Attr::Family)?;
    let family = address::family_from_number(number)
        .ok_or_else(|| attributes.impossible(Attr::Family, &number))?;
    if let Some(mark) = attributes.optional(Attr::FirewallMark, Attributes::u32)? {
        let mark = NonZeroU32::new(mark)
            .ok_or_else(|| attributes.impossible(Attr::FirewallMark, &mark))?;
        return Ok(ServiceKey::FirewallMark { mark, family });
    }
    let address = address::decode(attributes.array(Attr::Address)?, family);
    Ok(ServiceKey::Address {
        protocol: Protocol::from(attributes.u16(Attr::Protocol)?),
        address: SocketAddr::new(address, attributes.be_u16(Attr::Port)?),
    })
}

fn decode_persistence(
    attributes: &Attributes<'_, Attr>,
    family: AddressFamily,
) -> Result<Persistence, DecodeError> {
    Ok(Persistence {
        timeout_seconds: attributes.u32(Attr::Timeout)?,
        netmask: decode_netmask(attributes, family)?,
    })
}

fn decode_netmask(
    attributes: &Attributes<'_, Attr>,
    family: AddressFamily,
) -> Result<Netmask, DecodeError> {
    match family {
        AddressFamily::Ipv4 => attributes
            .array::<4>(Attr::Netmask)
            .map(|mask| Netmask::Ipv4(Ipv4Addr::from(mask))),
        AddressFamily::Ipv6 => {
            let prefix = attributes.u32(Attr::Netmask)?;
            u8::try_from(prefix)
                .map(Netmask::Ipv6)
                .map_err(|_| attributes.impossible(Attr::Netmask, &prefix))
        }
    }
}
