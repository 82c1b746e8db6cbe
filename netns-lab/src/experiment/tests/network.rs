//! `[network]`.

use super::{judged, meaning};

const DIRECT: (&str, &str) = ("\"nat\"", "\"dr\"");

/// The network table with these lines.
fn with(lines: &str) -> (&'static str, &str) {
    ("# network", lines)
}

/// "outer inner client director" of the good experiment with some of its text replaced.
fn chosen(changes: &[(&str, &str)]) -> String {
    let network = meaning(changes).network;
    format!(
        "{} {} {} {}",
        network.outer, network.inner, network.client, network.director
    )
}

#[test]
fn networks_and_hosts_are_chosen_around_the_written_addresses() {
    let usual = "192.168.0.0/24 192.168.1.0/24 192.168.0.254 192.168.1.1";
    assert_eq!(chosen(&[]), usual);
    assert_eq!(chosen(&[DIRECT]), usual);
    assert_eq!(
        chosen(&[("0.1:80", "0.254:80"), ("192.168.1.2", "192.168.1.1")]),
        "192.168.0.0/24 192.168.1.0/24 192.168.0.253 192.168.1.2"
    );
    assert_eq!(
        chosen(&[("192.168.1.2", "10.1.0.2"), ("192.168.1.3", "10.1.3.2")]),
        "192.168.0.0/24 10.1.0.0/22 192.168.0.254 10.1.0.1"
    );
}

#[test]
fn a_deduced_network_is_widened_until_no_real_server_stands_at_its_edge() {
    assert_eq!(
        chosen(&[("192.168.1.2", "10.1.0.1"), ("192.168.1.3", "10.1.1.255")]),
        "192.168.0.0/24 10.1.0.0/22 192.168.0.254 10.1.0.2"
    );
}

#[test]
fn with_direct_routing_both_networks_may_be_the_same() {
    assert_eq!(
        chosen(&[
            DIRECT,
            ("192.168.1.2", "192.168.0.2"),
            ("192.168.1.3", "192.168.0.254")
        ]),
        "192.168.0.0/24 192.168.0.0/24 192.168.0.253 192.168.0.3"
    );
    assert_eq!(
        chosen(&[DIRECT, with("outer = \"192.168.0.0/16\"")]),
        "192.168.0.0/16 192.168.0.0/16 192.168.255.254 192.168.0.2"
    );
}

#[test]
fn with_nat_the_networks_must_not_overlap() {
    insta::assert_snapshot!(judged(&[with("outer = \"192.168.0.0/16\"")]), @"9: with NAT the inner network 192.168.1.0/24 must not overlap the outer one 192.168.0.0/16: replies must pass the director => put the real servers into a network of their own, such as 192.168.1.0/24");
    insta::assert_snapshot!(
        judged(&[("192.168.1.2", "192.168.0.2"), ("192.168.1.3", "192.168.0.3")]),
        @"9: with NAT the inner network 192.168.0.0/24 must not overlap the outer one 192.168.0.0/24: replies must pass the director => put the real servers into a network of their own, such as 192.168.1.0/24"
    );
}

#[test]
fn with_direct_routing_the_networks_must_not_overlap_in_part() {
    let lines = "outer = \"192.168.0.0/16\"\ninner = \"192.168.1.0/24\"";
    insta::assert_snapshot!(judged(&[DIRECT, with(lines)]), @"8: the inner network 192.168.1.0/24 overlaps the outer one 192.168.0.0/16 => with direct routing, make `inner` and `outer` the same network or two separate ones");
}

#[test]
fn networks_are_written_as_networks() {
    insta::assert_snapshot!(
        judged(&[with("outer = \"192.168.0.7/24\"\ninner = \"192.168.1.0\"")]),
        @"
        7: 192.168.0.7/24 is an address in a network, not a network => write 192.168.0.0/24
        8: `192.168.1.0` is not an IPv4 network => write a network and its prefix length, such as 192.168.1.0/24
        "
    );
    insta::assert_snapshot!(
        judged(&[with("outer = \"192.168.0.0/31\"\ninner = \"224.0.0.0/8\"")]),
        @"
        7: a prefix length of 31 is not possible here => use one from 8 to 30, such as 24
        8: 224.0.0.0 is a multicast address, no host can have it => choose a private address, such as 192.168.0.1 or 10.0.0.1
        "
    );
}

#[test]
fn every_host_stands_in_its_network() {
    insta::assert_snapshot!(
        judged(&[
            ("192.168.0.1:80", "192.168.0.255:80"),
            ("192.168.1.2", "192.168.1.0"),
            ("192.168.1.3", "192.168.2.3"),
            with("inner = \"192.168.1.0/24\"\nclient = \"10.0.0.1\"\ndirector = \"192.168.0.9\""),
        ]),
        @"
        3: the VIP: 192.168.0.255 is the broadcast address of 192.168.0.0/24 => choose an address from 192.168.0.1 to 192.168.0.254
        8: the client: 10.0.0.1 is not in the outer network 192.168.0.0/24 => choose an address from 192.168.0.1 to 192.168.0.254
        9: the director: 192.168.0.9 is not in the inner network 192.168.1.0/24 => choose an address from 192.168.1.1 to 192.168.1.254
        11: a real server: 192.168.1.0 is the address of the network 192.168.1.0/24 itself => choose an address from 192.168.1.1 to 192.168.1.254
        13: a real server: 192.168.2.3 is not in the inner network 192.168.1.0/24 => choose an address from 192.168.1.1 to 192.168.1.254
        "
    );
}

#[test]
fn no_two_hosts_share_an_address() {
    insta::assert_snapshot!(
        judged(&[with("client = \"192.168.0.1\"\ndirector = \"192.168.1.3\"")]),
        @"
        7: 192.168.0.1 is the address of the VIP and of the client => give each host an address of its own
        12: 192.168.1.3 is the address of the director and of a real server => give each host an address of its own
        "
    );
    insta::assert_snapshot!(judged(&[DIRECT, ("192.168.1.2", "192.168.0.1"), ("192.168.1.3", "192.168.0.3")]), @"9: 192.168.0.1 is the address of the VIP and of a real server => give each host an address of its own");
}

#[test]
fn the_address_of_the_client_is_an_address() {
    insta::assert_snapshot!(
        judged(&[with("client = \"localhost\"\ndirector = \"127.0.0.1\"")]),
        @"
        7: `localhost` is not an IPv4 address => write four numbers from 0 to 255, such as 192.168.1.2
        8: 127.0.0.1 is a loopback address, no host can have it => choose a private address, such as 192.168.0.1 or 10.0.0.1
        "
    );
}

#[test]
fn a_network_may_be_too_small_for_the_hosts_that_are_chosen() {
    insta::assert_snapshot!(
        judged(&[
            with("inner = \"192.168.1.0/30\""),
            ("192.168.1.2", "192.168.1.1"),
            ("192.168.1.3", "192.168.1.2"),
        ]),
        @"7: the network 192.168.1.0/30 has no address left for the director => choose a larger network: a smaller number behind the `/`"
    );
}

#[test]
fn real_servers_may_be_too_far_apart() {
    insta::assert_snapshot!(judged(&[("192.168.1.3", "10.0.0.3")]), @"11: no network from /24 to /8 holds all real servers => give the real servers addresses of one network, such as 192.168.1.0/24");
}
