//! Every text that is both written and read.

use std::fmt::{Debug, Display};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use director_setup::{AddressFamily, Forwarding, Protocol, Scheduler, ServiceKey, Weight};
use proptest::prelude::*;

fn survives<T>(value: &T)
where
    T: Display + FromStr + PartialEq + Debug,
    T::Err: Debug,
{
    let read = T::from_str(&value.to_string()).expect("it was written as such");
    assert_eq!(&read, value);
}

proptest! {
    #[test]
    fn a_protocol_survives_its_text(number: u16) {
        survives(&Protocol::from(number));
    }

    #[test]
    fn a_weight_survives_its_text(number in 0..=Weight::MAX.get()) {
        survives(&Weight::try_from(number)?);
    }

    #[test]
    fn the_key_of_an_address_survives_its_text(number: u16, ip: std::net::IpAddr, port: u16) {
        let (protocol, address) = (Protocol::from(number), SocketAddr::new(ip, port));
        survives(&ServiceKey::Address { protocol, address });
    }

    #[test]
    fn the_key_of_a_firewall_mark_survives_its_text(mark: NonZeroU32, v6: bool) {
        let family = if v6 { AddressFamily::Ipv6 } else { AddressFamily::Ipv4 };
        survives(&ServiceKey::FirewallMark { mark, family });
    }
}

#[test]
fn every_forwarding_method_survives_its_text() {
    for number in 0..8 {
        survives(&Forwarding::from(number));
    }
}

#[test]
fn every_scheduler_survives_its_text() {
    Scheduler::KNOWN.iter().for_each(survives);
}

#[test]
fn a_wrong_key_says_how_to_write_a_right_one() {
    for wrong in [
        "",
        "tcp",
        "tcp 192.168.0.1",
        "fwmark 0 ipv4",
        "fwmark 5",
        "tcp  192.168.0.1:80",
    ] {
        let error = wrong.parse::<ServiceKey>().expect_err(wrong);
        assert!(error.to_string().contains("write `tcp 192.168.0.1:80`"));
    }
}
