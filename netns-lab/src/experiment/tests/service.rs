//! `[service]`.

use director_setup::Scheduler;

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
