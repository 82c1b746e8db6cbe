//! Whatever a netlink socket delivers is a value or an error, and what is a value survives being
//! sent back.
#![no_main]

use director_setup::AddressFamily;
use director_setup::abi::CommandAttribute;
use director_setup::codec::message::{Content, messages, nested};
use director_setup::codec::{daemon, destination, family, info, service, statistics, timeouts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    attributes(datagram);
    for message in messages(datagram).map_while(Result::ok) {
        if let Content::Answer {
            attributes: bytes, ..
        } = message.content
        {
            attributes(bytes);
        }
    }
});

fn attributes(bytes: &[u8]) {
    let _ = info::decode(bytes);
    let _ = family::decode(bytes);
    let _ = timeouts::decode(bytes);
    let _ = statistics::decode(bytes);
    objects(bytes);
    for kind in [
        CommandAttribute::Service,
        CommandAttribute::Dest,
        CommandAttribute::Daemon,
    ] {
        if let Ok(nest) = nested(bytes, kind) {
            objects(&nest);
        }
    }
}

fn objects(bytes: &[u8]) {
    if let Ok(found) = service::decode(bytes) {
        if let Ok(attributes) = service::encode(&found) {
            assert_eq!(service::decode(&written(&attributes)), Ok(found));
        }
    }
    if let Ok(found) = destination::decode(bytes, AddressFamily::Ipv4) {
        let again = written(&destination::encode(&found));
        assert_eq!(destination::decode(&again, AddressFamily::Ipv4), Ok(found));
    }
    if let Ok(found) = daemon::decode(bytes) {
        if let Ok(attributes) = daemon::encode(&found) {
            assert_eq!(daemon::decode(&written(&attributes)), Ok(found));
        }
    }
    let _ = service::decode_entry(bytes);
    let _ = destination::decode_entry(bytes, AddressFamily::Ipv6);
}

fn written(attributes: &impl neli::ToBytes) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    attributes.to_bytes(&mut bytes).expect("memory takes it");
    bytes.into_inner()
}
