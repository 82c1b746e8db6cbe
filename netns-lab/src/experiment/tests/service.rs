//! `[service]`.

use director_setup::{AddressFamily, Netmask, Scheduler, ServiceFlags};

use super::super::Service;
use super::{judged, meaning};

#[test]
fn an_address_that_no_host_can_have_is_no_vip() {
    for (vip, fault) in [
        (
            "0.0.0.0:80",
            "0.0.0.0 means \"this network\", no host can have it",
        ),
        (
            "127.0.0.1:80",
            "127.0.0.1 is a loopback address, no host can have it",
        ),
        (
            "224.0.0.1:80",
            "224.0.0.1 is a multicast address, no host can have it",
        ),
        (
            "255.255.255.255:80",
            "255.255.255.255 is the broadcast address, no host can have it",
        ),
        (
            "240.0.0.1:80",
            "240.0.0.1 is a reserved address, no host can have it",
        ),
        (
            "192.168.0.1:0",
            "port 0 is not a port that a client can connect to",
        ),
        ("192.168.0.1", "`192.168.0.1` has no port"),
        (
            "192.168.0.1:99999",
            "`192.168.0.1:99999` is not an IPv4 address and a port",
        ),
        (
            "[fd00::1]:80",
            "`[fd00::1]:80` looks like IPv6, which the lab does not speak",
        ),
        (
            "www.example.org:80",
            "`www.example.org:80` is not an IPv4 address and a port",
        ),
        ("", "`` is not an IPv4 address and a port"),
    ] {
        let line = judged(&[("192.168.0.1:80", vip)]);
        assert!(line.starts_with(&format!("3: {fault} => ")), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn the_remedy_for_a_missing_port_is_the_whole_endpoint() {
    insta::assert_snapshot!(judged(&[("192.168.0.1:80", "10.9.8.7")]), @"3: `10.9.8.7` has no port => write 10.9.8.7:80");
}

#[test]
fn every_scheduler_of_the_kernel_is_known_and_no_other() {
    for scheduler in Scheduler::KNOWN {
        let experiment = meaning(&[("\"wrr\"", &format!("\"{scheduler}\""))]);
        assert_eq!(experiment.service.scheduler, scheduler);
    }
    insta::assert_snapshot!(judged(&[("\"wrr\"", "\"wlcc\"")]), @"4: IPVS has no scheduler `wlcc` => did you mean `wlc`? the schedulers are `rr`, `wrr`, `lc`, `wlc`, `fo`, `ovf`, `lblc`, `lblcr`, `dh`, `sh`, `mh`, `sed`, `nq` and `twos`");
    insta::assert_snapshot!(judged(&[("\"wrr\"", "\"\"")]), @"4: IPVS has no scheduler `` => the schedulers are `rr`, `wrr`, `lc`, `wlc`, `fo`, `ovf`, `lblc`, `lblcr`, `dh`, `sh`, `mh`, `sed`, `nq` and `twos`");
}

#[test]
fn tunnelling_is_not_there_yet_and_other_methods_never_will_be() {
    insta::assert_snapshot!(judged(&[("\"nat\"", "\"tun\"")]), @"5: forwarding by `tun`, IP tunnelling, is not there yet => use `nat` or `dr`");
    insta::assert_snapshot!(judged(&[("\"nat\"", "\"ant\"")]), @"5: `ant` is not known here => did you mean `nat`? possible are `nat` and `dr`");
}

#[test]
fn each_missing_line_of_the_service_is_named() {
    insta::assert_snapshot!(
        judged(&[
            ("vip = \"192.168.0.1:80\"\n", ""),
            ("scheduler = \"wrr\"\n", ""),
            ("forwarding = \"nat\"\n", ""),
        ]),
        @r#"
        2: the service has no `vip` => add a line such as `vip = "192.168.0.1:80"`
        2: the service has no `scheduler` => add a line such as `scheduler = "wlc"`
        2: the service has no `forwarding` => add a line such as `forwarding = "nat"`
        "#
    );
}

/// The service of the good experiment with source hashing and these lines.
fn hashing(lines: &str) -> Service {
    meaning(&[("\"wrr\"", &format!("\"sh\"\n{lines}"))]).service
}

/// What is wrong with these lines of the service of the good experiment.
fn fault(lines: &str) -> String {
    judged(&[("\"wrr\"", &format!("\"wrr\"\n{lines}"))])
}

#[test]
fn a_service_has_no_flags_and_no_persistence_without_being_told() {
    let service = meaning(&[]).service;
    assert_eq!(service.flags, ServiceFlags::NONE);
    assert_eq!(service.persistence, None);
}

#[test]
fn flags_are_those_that_ipvsadm_gives_to_the_scheduler() {
    let flags = |lines| hashing(lines).flags;
    let both = ServiceFlags::SH_PORT | ServiceFlags::SH_FALLBACK;
    assert_eq!(flags("flags = []"), ServiceFlags::NONE);
    assert_eq!(flags("flags = [\"sh-port\", \"sh-fallback\"]"), both);
    assert_eq!(flags("flags = \"sh-port\""), ServiceFlags::SH_PORT);
    assert_eq!(flags("flags = [\"flag-3\"]"), ServiceFlags::SCHEDULER_3);
}

#[test]
fn flags_of_another_scheduler_and_of_none_are_refused_one_by_one() {
    insta::assert_snapshot!(fault("flags = [\"sh-port\", 2, \"bit-9\", \"one-packet\"]"), @r#"
    5: sh-port is a flag of the scheduler sh, not of wrr => leave it out: wrr has no flags; sh and mh have some
    5: expected a string, found an integer => put it in quotes: "2"
    5: `bit-9` is not a flag of the scheduler wrr => leave it out: wrr has no flags; sh and mh have some
    5: one-packet is of effect with UDP only, and the lab speaks TCP => leave it out: every TCP connection is scheduled once
    "#);
    let mh = judged(&[("\"wrr\"", "\"mh\"\nflags = [\"sh-port\", \"mh-prot\"]")]);
    insta::assert_snapshot!(mh, @"
    5: sh-port is a flag of the scheduler sh, not of mh => the flags of mh are `mh-fallback` and `mh-port`
    5: `mh-prot` is not a flag of the scheduler mh => did you mean `mh-port`? the flags of mh are `mh-fallback` and `mh-port`
    ");
}

#[test]
fn flags_of_an_unknown_scheduler_are_not_judged() {
    let line = judged(&[("\"wrr\"", "\"hs\"\nflags = [\"sh-port\"]")]);
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn persistence_is_a_number_of_seconds_or_a_time() {
    for lines in ["persistent = 300", "persistent = \"5m\""] {
        let persistence = hashing(lines).persistence.expect("it is written");
        assert_eq!(persistence.timeout_seconds, 300);
        let single = Netmask::single_client(AddressFamily::Ipv4);
        assert_eq!(persistence.netmask, single);
    }
    let masked = hashing("persistent = 1\nnetmask = \"255.255.255.0\"").persistence;
    let netmask = masked.expect("it is written").netmask;
    assert_eq!(netmask, Netmask::Ipv4([255, 255, 255, 0].into()));
}

#[test]
fn a_persistence_that_the_kernel_cannot_have_is_refused() {
    let faults =
        ["0", "86401", "\"1500ms\"", "1.5", "true"].map(|it| fault(&format!("persistent = {it}")));
    insta::assert_snapshot!(faults.join("\n"), @r#"
    5: less than 1 is not possible => write a whole number from 1 to 86400, without quotes
    5: more than 86400 is not possible => write a whole number from 1 to 86400, without quotes
    5: the kernel counts whole seconds here => write a number of seconds, such as 300
    5: expected a time, found a float => write a number and its unit in quotes, such as "2s" or "500ms"
    5: expected a time, found a boolean => write a number and its unit in quotes, such as "2s" or "500ms"
    "#);
    insta::assert_snapshot!(fault("netmask = \"255.255.255.0\""), @"5: a netmask says which clients persistence takes for one, and there is no persistence => add `persistent`, such as `persistent = 300`, or leave the netmask out");
    insta::assert_snapshot!(fault("persistent = 1\nnetmask = 24"), @r#"6: expected a string, found an integer => put it in quotes: "24""#);
    insta::assert_snapshot!(fault("persistent = 1\nnetmask = \"24\""), @"6: `24` is not an IPv4 netmask => write four numbers from 0 to 255, such as 255.255.255.0");
}
