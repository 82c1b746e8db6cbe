//! What the codec promises for every value and for every sequence of bytes.

use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use director_setup::codec::message::{Content, messages, nested};
use director_setup::codec::{
    change, daemon, destination, family, info, service, statistics, timeouts,
};
use director_setup::{
    AddressFamily, Change, Forwarding, Netmask, Persistence, Protocol, RealServer, Scheduler,
    Service, ServiceFlags, ServiceKey, SyncDaemon, SyncRole, Thresholds, Timeouts, Tunnel,
    TunnelChecksum, UnknownAttribute, UnknownAttributes, Weight, abi,
};
use neli::ToBytes;
use proptest::prelude::*;

fn bytes(attributes: &impl ToBytes) -> Vec<u8> {
    let mut cursor = Cursor::new(Vec::new());
    attributes.to_bytes(&mut cursor).expect("memory takes it");
    cursor.into_inner()
}

fn families() -> impl Strategy<Value = AddressFamily> {
    prop_oneof![Just(AddressFamily::Ipv4), Just(AddressFamily::Ipv6)]
}

fn addresses() -> impl Strategy<Value = SocketAddr> {
    any::<(IpAddr, u16)>().prop_map(SocketAddr::from)
}

fn keys() -> impl Strategy<Value = ServiceKey> {
    let addresses = (any::<u16>(), addresses()).prop_map(|(number, address)| ServiceKey::Address {
        protocol: Protocol::from(number),
        address,
    });
    let marks = (any::<NonZeroU32>(), families())
        .prop_map(|(mark, family)| ServiceKey::firewall_mark(mark, family));
    prop_oneof![addresses, marks]
}

fn netmasks(family: AddressFamily) -> BoxedStrategy<Netmask> {
    match family {
        AddressFamily::Ipv4 => any::<Ipv4Addr>().prop_map(Netmask::Ipv4).boxed(),
        AddressFamily::Ipv6 => any::<u8>().prop_map(Netmask::Ipv6).boxed(),
    }
}

fn persistence(family: AddressFamily) -> impl Strategy<Value = Option<Persistence>> {
    proptest::option::of(
        (any::<u32>(), netmasks(family)).prop_map(|(timeout_seconds, netmask)| Persistence {
            timeout_seconds,
            netmask,
        }),
    )
}

/// Attributes from this number on, which has no name, up to the largest that netlink can say.
fn unknown(first: u16) -> impl Strategy<Value = UnknownAttributes> {
    let payload = proptest::collection::vec(any::<u8>(), 0..20);
    let attribute =
        (first..0x4000, payload).prop_map(|(number, payload)| UnknownAttribute { number, payload });
    proptest::collection::vec(attribute, 0..3).prop_map(UnknownAttributes::from_iter)
}

fn daemons() -> impl Strategy<Value = SyncDaemon> {
    use proptest::option::of;
    let roles = prop_oneof![Just(SyncRole::Master), Just(SyncRole::Backup)];
    let options = (
        of(any::<u16>()),
        of(any::<IpAddr>()),
        of(any::<u16>()),
        of(any::<u8>()),
    );
    (roles, "[a-z0-9]{1,15}", any::<u32>(), options).prop_map(
        |(role, interface, sync_id, (max_length, group, port, ttl))| SyncDaemon {
            role,
            interface,
            sync_id,
            max_length,
            group,
            port,
            ttl,
        },
    )
}

fn services() -> impl Strategy<Value = Service> {
    keys().prop_flat_map(|key| {
        let engines = proptest::option::of("[a-z]{1,16}");
        let persistence = persistence(key.family());
        let rest = (
            "[a-z]{1,15}",
            any::<u32>(),
            persistence,
            engines,
            unknown(13),
        );
        rest.prop_map(
            move |(scheduler, flags, persistence, engine, unknown)| Service {
                key,
                scheduler: Scheduler::from(scheduler),
                flags: ServiceFlags::from(flags),
                persistence,
                engine,
                unknown,
            },
        )
    })
}

fn forwardings() -> impl Strategy<Value = Forwarding> {
    prop_oneof![0..8_u32, any::<u32>()].prop_map(Forwarding::from)
}

fn tunnels() -> impl Strategy<Value = Tunnel> {
    let checksums = any::<u16>().prop_map(TunnelChecksum::from);
    prop_oneof![
        Just(Tunnel::Ipip),
        (any::<u16>(), checksums.clone())
            .prop_map(|(port, checksum)| Tunnel::Gue { port, checksum }),
        checksums.prop_map(|checksum| Tunnel::Gre { checksum }),
        (3..=u8::MAX, any::<u16>(), any::<u16>()).prop_map(|(kind, port, flags)| Tunnel::Other {
            kind,
            port,
            flags
        }),
    ]
}

fn servers() -> impl Strategy<Value = RealServer> {
    let weights = (0..=Weight::MAX.get()).prop_map(|n| Weight::try_from(n).expect("in range"));
    let thresholds = any::<(u32, u32)>().prop_map(|(upper, lower)| Thresholds { upper, lower });
    let settings = (forwardings(), weights, thresholds, tunnels());
    (addresses(), settings, unknown(16)).prop_map(
        |(address, (forwarding, weight, thresholds, tunnel), unknown)| RealServer {
            address,
            forwarding,
            weight,
            thresholds,
            tunnel,
            unknown,
        },
    )
}

/// Bytes that look like attributes more often than chance would have it.
fn hostile_attributes() -> impl Strategy<Value = Vec<u8>> {
    let attribute = (
        0..40_u16,
        0..16_u16,
        proptest::collection::vec(any::<u8>(), 0..24),
    );
    let attributes = proptest::collection::vec(attribute, 0..16).prop_map(|list| {
        let each = list.into_iter().flat_map(|(length, kind, payload)| {
            [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &payload].concat()
        });
        each.collect()
    });
    prop_oneof![attributes, proptest::collection::vec(any::<u8>(), 0..256)]
}

fn decode_as_anything(bytes: &[u8]) {
    let _ = service::decode(bytes);
    let _ = service::decode_entry(bytes);
    let _ = destination::decode(bytes, AddressFamily::Ipv4);
    let _ = destination::decode_entry(bytes, AddressFamily::Ipv6);
    let _ = statistics::decode(bytes);
    let _ = info::decode(bytes);
    let _ = daemon::decode(bytes);
    let _ = timeouts::decode(bytes);
    let _ = family::decode(bytes);
    let _ = nested(bytes, abi::CommandAttribute::Service);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_service_survives_the_codec(service in services()) {
        let encoded = bytes(&service::encode(&service)?);
        prop_assert_eq!(service::decode(&encoded)?, service);
    }

    #[test]
    fn a_real_server_survives_the_codec(server in servers(), family in families()) {
        let encoded = bytes(&destination::encode(&server));
        prop_assert_eq!(destination::decode(&encoded, family)?, server);
    }

    #[test]
    fn a_daemon_survives_the_codec(daemon in daemons()) {
        let encoded = bytes(&daemon::encode(&daemon)?);
        prop_assert_eq!(daemon::decode(&encoded)?, daemon);
    }

    #[test]
    fn timeouts_survive_the_codec(tcp: u32, tcp_fin: u32, udp: u32) {
        let wanted = Timeouts { tcp, tcp_fin, udp };
        let change = Change::SetTimeouts { timeouts: wanted };
        let request = change::encode(&change)?.encode(32, 7);
        let message = messages(&request).next().expect("there is one")?;
        let Content::Answer { attributes, .. } = message.content else {
            panic!("{message:?} has no attributes");
        };
        prop_assert_eq!(timeouts::decode(attributes)?, wanted);
    }

    #[test]
    fn a_service_survives_json(service in services()) {
        let json = serde_json::to_string(&service)?;
        prop_assert_eq!(serde_json::from_str::<Service>(&json)?, service);
    }

    #[test]
    fn a_real_server_survives_json(server in servers()) {
        let json = serde_json::to_string(&server)?;
        prop_assert_eq!(serde_json::from_str::<RealServer>(&json)?, server);
    }

    #[test]
    fn no_bytes_make_the_decoders_panic(bytes in hostile_attributes()) {
        decode_as_anything(&bytes);
    }

    #[test]
    fn no_change_of_a_good_object_makes_the_decoders_panic(
        service in services(), server in servers(), place: prop::sample::Index, byte: u8
    ) {
        for mut encoded in [bytes(&service::encode(&service)?), bytes(&destination::encode(&server))] {
            let place = place.index(encoded.len());
            decode_as_anything(&encoded[..place]);
            encoded[place] = byte;
            decode_as_anything(&encoded);
        }
    }

    #[test]
    fn no_datagram_makes_the_reader_panic_or_read_for_ever(
        length: u32, kind in 0..40_u16, rest in proptest::collection::vec(any::<u8>(), 0..256)
    ) {
        for length in [length, length % 300] {
            let datagram = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &rest].concat();
            prop_assert!(messages(&datagram).count() <= datagram.len() / 16 + 1);
        }
    }

    #[test]
    fn a_cut_off_service_is_an_error(mut service in services(), place: prop::sample::Index) {
        // What stands last, and without which a service can be.
        service.engine = None;
        service.unknown = UnknownAttributes::NONE;
        let timeout_and_netmask = 16;
        let encoded = bytes(&service::encode(&service)?);
        let cut = place.index(encoded.len() - timeout_and_netmask);
        prop_assert!(service::decode(&encoded[..cut]).is_err());
    }
}
