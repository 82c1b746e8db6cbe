//! Configurations that a file can say and the kernel takes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use director_setup::configuration::{Configuration, ConfiguredService};
use director_setup::{
    AddressFamily, Forwarding, Netmask, Persistence, Protocol, RealServer, Scheduler, Service,
    ServiceFlags, ServiceKey, SyncDaemon, SyncRole, Thresholds, Timeouts, Tunnel, TunnelChecksum,
    UnknownAttribute, UnknownAttributes, Weight,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::model::mixed;

/// Any configuration.
pub fn configurations() -> impl Strategy<Value = Configuration> {
    from(keys().boxed(), addresses().boxed())
}

/// Configurations of few services and servers, so that two of them have much in common.
pub fn similar() -> impl Strategy<Value = Configuration> {
    let keys = prop_oneof![
        (0..3_u8).prop_map(|last| ServiceKey::tcp(([192, 168, 0, last], 80).into())),
        Just(ServiceKey::udp(
            "[2001:db8::1]:53".parse().expect("it is one")
        )),
        Just(ServiceKey::firewall_mark(
            NonZeroU32::MIN,
            AddressFamily::Ipv4
        )),
    ];
    let addresses = prop_oneof![
        (1..5_u8).prop_map(|last| SocketAddr::from(([192, 168, 1, last], 80))),
        Just("[2001:db8::2]:80".parse().expect("it is one")),
    ];
    from(keys.boxed(), addresses.boxed())
}

fn from(
    keys: BoxedStrategy<ServiceKey>,
    addresses: BoxedStrategy<SocketAddr>,
) -> impl Strategy<Value = Configuration> {
    let service = keys.prop_flat_map(move |key| {
        let servers = vec(servers(key, addresses.clone()), 0..4);
        (services(key), servers)
    });
    let services = vec(service, 0..4);
    (of(timeouts()), of(daemons()), services).prop_map(|(timeouts, daemons, services)| {
        let services: BTreeMap<ServiceKey, ConfiguredService> = services
            .into_iter()
            .map(|(service, servers)| (service.key, configured(service, servers)))
            .collect();
        let services: Vec<_> = services.into_values().collect();
        let no_daemons = services.iter().any(|one| {
            let mut servers = one.servers.iter();
            servers.any(|server| mixed(&one.service.key, server))
        });
        let daemons = daemons.map(|daemons| if no_daemons { Vec::new() } else { daemons });
        Configuration {
            timeouts,
            daemons,
            services,
        }
    })
}

fn configured(service: Service, mut servers: Vec<RealServer>) -> ConfiguredService {
    let mut seen = Vec::new();
    servers.retain(|server| {
        let new = !seen.contains(&server.address);
        seen.push(server.address);
        new
    });
    ConfiguredService { service, servers }
}

fn unicast() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_filter("the kernel takes only such", |ip| match ip {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_unspecified() && !v4.is_broadcast(),
        IpAddr::V6(v6) => !v6.is_multicast() && !v6.is_unspecified() && !v6.is_unicast_link_local(),
    })
}

fn addresses() -> impl Strategy<Value = SocketAddr> {
    (unicast(), any::<u16>()).prop_map(SocketAddr::from)
}

fn keys() -> impl Strategy<Value = ServiceKey> {
    let protocols = prop_oneof![
        Just(Protocol::Tcp),
        Just(Protocol::Udp),
        Just(Protocol::Sctp),
        any::<u16>().prop_map(Protocol::from),
    ];
    let addresses = (protocols, addresses())
        .prop_map(|(protocol, address)| ServiceKey::Address { protocol, address });
    let families = prop_oneof![Just(AddressFamily::Ipv4), Just(AddressFamily::Ipv6)];
    let marks = (any::<NonZeroU32>(), families)
        .prop_map(|(mark, family)| ServiceKey::firewall_mark(mark, family));
    prop_oneof![addresses, marks]
}

fn services(key: ServiceKey) -> impl Strategy<Value = Service> {
    let known = proptest::sample::select(Scheduler::KNOWN.to_vec());
    let schedulers = prop_oneof![known, "[a-z\"\\\\é]{1,7}".prop_map(Scheduler::from)];
    let netmask = match key.family() {
        AddressFamily::Ipv4 => any::<Ipv4Addr>().prop_map(Netmask::Ipv4).boxed(),
        AddressFamily::Ipv6 => (1..=128_u8).prop_map(Netmask::Ipv6).boxed(),
    };
    let netmask = prop_oneof![Just(Netmask::single_client(key.family())), netmask];
    let persistence =
        (0..4_000_000_u32, netmask).prop_map(|(timeout_seconds, netmask)| Persistence {
            timeout_seconds,
            netmask,
        });
    let engine = of("[a-z\"\\\\]{1,16}");
    let settings = (schedulers, any::<u32>(), of(persistence), engine, unknown());
    settings.prop_map(move |(scheduler, flags, persistence, engine, unknown)| {
        let flags = match key {
            ServiceKey::Address { protocol, .. } if protocol != Protocol::Udp => {
                flags & !ServiceFlags::ONE_PACKET.bits()
            }
            _ => flags,
        };
        let mut service = Service::new(key, scheduler).with_flags(ServiceFlags::from(flags));
        if matches!(key, ServiceKey::Address { address, .. } if address.port() == 0) {
            service = service.persistent(300);
        }
        service.persistence = persistence.or(service.persistence);
        Service {
            engine,
            unknown,
            ..service
        }
    })
}

fn unknown() -> impl Strategy<Value = UnknownAttributes> {
    let attribute = (13..0x4000_u16, vec(any::<u8>(), 0..5))
        .prop_map(|(number, payload)| UnknownAttribute { number, payload });
    vec(attribute, 0..2).prop_map(UnknownAttributes::from_iter)
}

fn servers(
    key: ServiceKey,
    addresses: BoxedStrategy<SocketAddr>,
) -> impl Strategy<Value = RealServer> {
    let methods = [Forwarding::Nat, Forwarding::Dr, Forwarding::Tun];
    let weights = prop_oneof![0..3_u32, 0..=Weight::MAX.get()];
    let weights = weights.prop_map(|weight| Weight::try_from(weight).expect("it is in range"));
    let limit = 0..=i32::MAX as u32;
    let thresholds = (limit.clone(), limit).prop_map(|(a, b)| Thresholds {
        upper: a.max(b),
        lower: a.min(b),
    });
    let thresholds = prop_oneof![Just(Thresholds::default()), thresholds];
    let method = proptest::sample::select(methods.to_vec());
    let settings = (addresses, method, weights, thresholds, tunnels(), unknown());
    settings.prop_map(
        move |(address, forwarding, weight, thresholds, tunnel, unknown)| {
            let mut server = RealServer {
                address,
                forwarding,
                weight,
                thresholds,
                tunnel,
                unknown,
            };
            if mixed(&key, &server) {
                server.forwarding = Forwarding::Tun;
            }
            server
        },
    )
}

fn tunnels() -> impl Strategy<Value = Tunnel> {
    let other = |checksum| !matches!(checksum, TunnelChecksum::Remote);
    let checksums = any::<u16>().prop_map(|bits| TunnelChecksum::from(bits % 5));
    let gre = checksums
        .clone()
        .prop_filter("gre has none", move |one| other(*one));
    prop_oneof![
        Just(Tunnel::Ipip),
        (1..=u16::MAX, checksums).prop_map(|(port, checksum)| Tunnel::Gue { port, checksum }),
        gre.prop_map(|checksum| Tunnel::Gre { checksum }),
        (3..=u8::MAX, any::<u16>(), any::<u16>()).prop_map(|(kind, port, flags)| Tunnel::Other {
            kind,
            port,
            flags
        }),
    ]
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let seconds = || 0..1000_u32;
    (1..1000_u32, seconds(), seconds()).prop_map(|(tcp, tcp_fin, udp)| Timeouts {
        tcp,
        tcp_fin,
        udp,
    })
}

fn daemons() -> impl Strategy<Value = Vec<SyncDaemon>> {
    let daemon = |role| {
        let group = of(any::<IpAddr>().prop_filter_map("no group", |ip| match ip {
            IpAddr::V4(ip) => {
                let [_, b, c, d] = ip.octets();
                Some(IpAddr::from([224 + b % 16, b, c, d]))
            }
            IpAddr::V6(_) => None,
        }));
        let numbers = (of(1024..65000_u16), of(1..=u16::MAX), of(1..=u8::MAX));
        ("[a-z0-9.\"]{1,15}", 0..=255_u32, group, numbers).prop_map(
            move |(interface, sync_id, group, (max_length, port, ttl))| SyncDaemon {
                role,
                interface,
                sync_id,
                max_length,
                group,
                port,
                ttl,
            },
        )
    };
    (of(daemon(SyncRole::Master)), of(daemon(SyncRole::Backup)))
        .prop_map(|(master, backup)| master.into_iter().chain(backup).collect())
}
