//! What the recordings of `golden_netlink.rs` do not have: counters, older kernels, and what is
//! wrong. The bytes are written out by hand from `include/uapi/linux/ip_vs.h` (Linux 6.12), for
//! machines that keep the low byte first.
#![cfg(target_endian = "little")]

use director_setup::abi::CommandAttribute;
use director_setup::codec::message::{Content, messages, nested};
use director_setup::codec::{DecodeError, EncodeError, Object, destination, service, statistics};
use director_setup::{
    AddressFamily, ConnectionCounts, Forwarding, Netmask, Persistence, Rates, RealServer,
    Scheduler, Service, ServiceFlags, ServiceKey, Statistics, Totals, UnknownAttributes, Weight,
};

const WEB: ServiceKey = ServiceKey::tcp(std::net::SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 0, 1)),
    80,
));

/// An answer to `IPVS_CMD_GET_SERVICE` as `ip_vs_genl_fill_service` writes it: no nest is marked,
/// and the flags carry the kernel's own 0x2. The nest of 32-bit statistics is left out.
#[rustfmt::skip]
fn service_answer(statistics: &[u8]) -> Vec<u8> {
    let nest = [&[
        6, 0,  1, 0,  10, 0, 0, 0,     // AF: AF_INET6
        8, 0,  5, 0,  5, 0, 0, 0,      // FWMARK: 5
        7, 0,  6, 0,  b's', b'h', 0, 0, // SCHED_NAME
        12, 0, 7, 0,  0x13, 0, 0, 0,  0xff, 0xff, 0xff, 0xff, // FLAGS: SCHED2, HASHED, PERSISTENT
        8, 0,  8, 0,  0x2c, 1, 0, 0,   // TIMEOUT: 300 s
        8, 0,  9, 0,  64, 0, 0, 0,     // NETMASK: a prefix length in host order
        8, 0, 11, 0,  b's', b'i', b'p', 0, // PE_NAME
        124, 0, 12, 0,                 // STATS64
    ][..], statistics].concat();
    let length = |more: usize| u8::try_from(nest.len() + more).expect("it is short");
    [&[
        length(24), 0, 0, 0,  0x20, 0,  2, 0, // netlink: family 32, NLM_F_MULTI
        7, 0, 0, 0,  1, 2, 3, 4,       // sequence 7, to some port
        1, 1, 0, 0,                    // generic netlink: IPVS_CMD_NEW_SERVICE
        length(4), 0, 1, 0,            // IPVS_CMD_ATTR_SERVICE, not marked as nested
    ][..], &nest].concat()
}

/// `ip_vs_genl_fill_stats64`: ten numbers of 64 bits.
fn statistics64(numbers: [u64; 10]) -> Vec<u8> {
    let attribute =
        |(kind, number): (u8, u64)| [&[12, 0, kind, 0][..], &number.to_le_bytes()].concat();
    (1..).zip(numbers).flat_map(attribute).collect()
}

const COUNTED: Statistics = Statistics {
    totals: Totals {
        connections: 10_000_000_000,
        packets_in: 2,
        packets_out: 3,
        bytes_in: 4,
        bytes_out: 5,
    },
    rates: Rates {
        connections: 6,
        packets_in: 7,
        packets_out: 8,
        bytes_in: 9,
        bytes_out: 10,
    },
};

#[test]
fn a_listed_service_is_read_without_the_kernels_own_flag() {
    let datagram = service_answer(&statistics64([10_000_000_000, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    let message = messages(&datagram).next().expect("one").expect("good");
    let Content::Answer {
        command,
        attributes,
    } = message.content
    else {
        panic!("{message:?} is no answer");
    };
    let nest = nested(attributes, CommandAttribute::Service).expect("it is there");
    let entry = service::decode_entry(nest).expect("it is complete");

    let mark = 5.try_into().expect("not 0");
    let expected = Service {
        key: ServiceKey::firewall_mark(mark, AddressFamily::Ipv6),
        scheduler: Scheduler::SourceHashing,
        flags: ServiceFlags::SH_PORT,
        persistence: Some(Persistence {
            timeout_seconds: 300,
            netmask: Netmask::Ipv6(64),
        }),
        engine: Some("sip".to_owned()),
        unknown: UnknownAttributes::NONE,
    };
    assert_eq!((message.sequence, command), (7, 1));
    assert_eq!(entry.service, expected);
    assert_eq!(entry.statistics, COUNTED);
}

/// As `ip_vs_genl_fill_dest` writes it, without the nest of 32-bit statistics.
#[rustfmt::skip]
const DESTINATION: &[u8] = &[
    20, 0, 1, 0,  192, 168, 1, 2,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, // ADDR
    6, 0,  2, 0,  0, 80, 0, 0,     // PORT
    8, 0,  3, 0,  0, 0, 0, 0,      // FWD_METHOD: masquerading
    8, 0,  4, 0,  4, 0, 0, 0,      // WEIGHT
    5, 0,  13, 0, 0, 0, 0, 0,      // TUN_TYPE
    6, 0,  14, 0, 0, 0, 0, 0,      // TUN_PORT
    6, 0,  15, 0, 0, 0, 0, 0,      // TUN_FLAGS
    8, 0,  5, 0,  0, 0, 0, 0,      // U_THRESH
    8, 0,  6, 0,  0, 0, 0, 0,      // L_THRESH
    8, 0,  7, 0,  0, 0, 1, 0,      // ACTIVE_CONNS: 65536, more than 16 bits
    8, 0,  8, 0,  2, 0, 0, 0,      // INACT_CONNS
    8, 0,  9, 0,  3, 0, 0, 0,      // PERSIST_CONNS
    6, 0,  11, 0, 2, 0, 0, 0,      // ADDR_FAMILY: AF_INET
    124, 0, 12, 0,                 // STATS64
];

#[test]
fn a_listed_real_server_is_read_with_its_counters() {
    let statistics = statistics64([10_000_000_000, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let nest = [DESTINATION, &statistics].concat();
    // The service's family says IPv6, the destination's own says IPv4, which counts.
    let entry = destination::decode_entry(&nest, AddressFamily::Ipv6).expect("it is complete");
    let server = RealServer::new(([192, 168, 1, 2], 80).into(), Forwarding::Nat);
    assert_eq!(entry.server, server.with_weight(Weight::from(4)));
    assert_eq!(
        entry.connections,
        ConnectionCounts {
            active: 65_536,
            inactive: 2,
            persistent: 3
        }
    );
    assert_eq!(entry.statistics, COUNTED);
}

#[test]
fn a_real_server_without_counters_is_an_error_that_names_them() {
    let without = &DESTINATION[..DESTINATION.len() - 4];
    assert_eq!(
        destination::decode_entry(without, AddressFamily::Ipv4),
        Err(DecodeError::Missing {
            object: Object::Destination,
            attribute: "Statistics".to_owned(),
        })
    );
}

/// `ip_vs_genl_fill_stats`: bytes have 64 bits with a padding attribute before them, where the
/// machine wants them aligned; all else has 32.
#[rustfmt::skip]
const STATISTICS32: &[u8] = &[
    8, 0, 1, 0,  1, 0, 0, 0,
    8, 0, 2, 0,  2, 0, 0, 0,
    8, 0, 3, 0,  3, 0, 0, 0,
    4, 0, 11, 0,
    12, 0, 4, 0,  4, 0, 0, 0, 0, 0, 0, 0,
    4, 0, 11, 0,
    12, 0, 5, 0,  5, 0, 0, 0, 0, 0, 0, 0,
    8, 0, 6, 0,  6, 0, 0, 0,
    8, 0, 7, 0,  7, 0, 0, 0,
    8, 0, 8, 0,  8, 0, 0, 0,
    8, 0, 9, 0,  9, 0, 0, 0,
    8, 0, 10, 0, 10, 0, 0, 0,
];

#[test]
fn the_counters_of_a_kernel_before_4_1_are_read_too() {
    let connections = 1;
    let totals = Totals {
        connections,
        ..COUNTED.totals
    };
    let expected = Statistics { totals, ..COUNTED };
    assert_eq!(statistics::decode(STATISTICS32), Ok(expected));
}

#[rustfmt::skip]
const REFUSAL: &[u8] = &[
    36, 0, 0, 0,  2, 0,  0, 1,     // netlink: NLMSG_ERROR, NLM_F_CAPPED
    7, 0, 0, 0,  1, 2, 3, 4,
    0xef, 0xff, 0xff, 0xff,        // -17: EEXIST
    104, 0, 0, 0,  0x20, 0,  5, 0,  7, 0, 0, 0,  0, 0, 0, 0, // the request's header
];

fn content(datagram: &[u8]) -> Option<Content<'_>> {
    messages(datagram)
        .next()
        .map(|message| message.expect("good").content)
}

#[test]
fn a_refusal_has_the_errno_and_an_acknowledgement_has_none() {
    assert_eq!(content(REFUSAL), Some(Content::Refused(17)));
    let mut acknowledgement = REFUSAL.to_vec();
    acknowledgement[16..20].fill(0);
    assert_eq!(content(&acknowledgement), Some(Content::End));
}

#[test]
fn a_name_that_the_kernel_would_cut_off_is_not_sent() {
    let encode = |name: &str| service::encode(&Service::new(WEB, Scheduler::from(name)));
    assert!(encode("fifteen-bytes-x").is_ok());
    for wrong in ["", "sixteen-bytes-xx", "w\0"] {
        assert_eq!(
            encode(wrong).err(),
            Some(EncodeError::SchedulerName(wrong.to_owned()))
        );
    }
}

#[test]
fn a_netmask_of_the_other_family_is_not_sent() {
    let mut service = Service::new(WEB, Scheduler::RoundRobin).persistent(60);
    service.persistence.as_mut().expect("just set").netmask = Netmask::Ipv6(64);
    let error = service::encode(&service).err();
    assert_eq!(error, Some(EncodeError::NetmaskFamily(AddressFamily::Ipv4)));
}
