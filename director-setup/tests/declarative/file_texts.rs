//! What a file can say, and what is said to wrong ones.

use director_setup::configuration::{Configuration, Problem};

fn refused(text: &str) -> String {
    let refused = Configuration::parse("web.toml", text);
    refused.expect_err("it is wrong").to_string()
}

fn warnings(text: &str) -> String {
    let reviewed = Configuration::parse("web.toml", text).expect("it is only odd");
    let lines = reviewed.warnings.iter().map(Problem::to_string);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_that_says_everything_is_written_as_it_was() {
    let text = r#"[timeouts]
tcp = 900
udp = 300

[[sync_daemon]]
role = "master"
interface = "eth0"
sync_id = 1
max_length = 1400
group = "224.0.0.82"
port = 8849
ttl = 2

[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "sh"
flags = ["sh-fallback", "sh-port"]
persistence = { timeout = 300, netmask = "255.255.255.0" }
server = [
  { address = "192.168.1.2:80", forwarding = "nat" },
  { address = "192.168.1.3:8080", forwarding = "nat", weight = 0, thresholds = { upper = 9, lower = 3 } },
  { address = "192.168.1.4:80", forwarding = "tun", tunnel = { type = "gue", port = 6080, checksum = "remote" } },
]

[[service]]
protocol = "udp"
address = "[2001:db8::1]:5060"
scheduler = "rr"
flags = ["one-packet"]
persistence = { timeout = 60, netmask = 64 }
engine = "sip"
unknown = [{ number = 13, payload = "0a00" }]

[[service]]
fwmark = 4294967295
family = "ipv6"
scheduler = "none"
"#;
    let reviewed = Configuration::parse("web.toml", text).expect("it is right");
    assert_eq!(reviewed.warnings, []);
    assert_eq!(reviewed.configuration.to_toml(), text);
}

#[test]
fn a_server_without_a_port_has_the_one_of_its_service() {
    let text = r#"
        [[service]]
        protocol = "tcp"
        address = "[2001:db8::1]:443"
        scheduler = "wlc"
        server = [{ address = "2001:db8::2", forwarding = "dr" }]
    "#;
    let reviewed = Configuration::parse("web.toml", text).expect("it is right");
    let server = &reviewed.configuration.services[0].servers[0];
    assert_eq!(server.address.to_string(), "[2001:db8::2]:443");
}

#[test]
fn wrong_words_and_numbers_are_shown_at_once() {
    let text = r#"server = 1
[timeouts]
tcp = 0
tcp_finn = 9
[[service]]
protocol = "tpc"
addres = "192.168.0.1:80"
scheduler = "a-very-long-scheduler"
[[service]]
protocol = "tcp"
address = "192.168.0.1"
scheduler = "rr"
flags = ["sh-port", "fast", 5]
persistence = 300
[[service.server]]
address = "web"
weight = -1
thresholds = { upper = 5, lower = 6 }
[[service.server]]
address = "192.168.1.2:80"
forwarding = "masq"
tunnel = { type = "gue", checksum = "half" }
"#;
    insta::assert_snapshot!(refused(text), @r#"
    web.toml:1: the file has no key "server": there are timeouts, sync_daemon, service
    web.toml:3: 0 is not a number of seconds from 1 to 21474836
    web.toml:4: `[timeouts]` has no key "tcp_finn": there are tcp, tcp_fin, udp
    web.toml:5: a service needs `address`
    web.toml:6: "tpc" is no protocol of a virtual service: write tcp, udp or sctp
    web.toml:7: a service has no key "addres": there are fwmark, protocol, address, family, scheduler, flags, persistence, engine, unknown, server
    web.toml:8: "a-very-long-scheduler" cannot be the name of a scheduler: 1 to 15 bytes without NUL
    web.toml:11: "192.168.0.1" is not an address with a port, such as "192.168.0.1:80" or "[2001:db8::1]:80"
    web.toml:13: sh-port is a flag of the scheduler sh, not of rr
    web.toml:13: "fast" is no flag: write one-packet, sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2 or flag-3
    web.toml:13: this is of type integer: write a word in quotes
    web.toml:14: this is of type integer: write a table such as { timeout = 300 }
    web.toml:15: a real server needs `forwarding`
    web.toml:16: "web" is not an address, such as "192.168.1.2" or "[2001:db8::2]:80"
    web.toml:17: -1 is not a weight from 0 to 2147483647
    web.toml:18: the lower threshold 6 must not be above the upper one, 5
    web.toml:21: "masq" is no forwarding method: write nat, dr or tun
    web.toml:22: "half" is no checksum: write none, full or remote
    "#);
}

#[test]
fn what_contradicts_itself_or_is_refused_by_the_kernel_is_shown_at_once() {
    let text = r#"[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "mh"
flags = ["one-packet", "sh-port", "mh-port"]
persistence = { timeout = 300, netmask = 24 }
server = [
  { address = "192.168.1.2:80", forwarding = "local" },
  { address = "192.168.1.2:80", forwarding = "dr" },
  { address = "[2001:db8::2]:80", forwarding = "nat" },
  { address = "[2001:db8::3]:80", forwarding = "tun", tunnel = { type = "gue" } },
  { address = "255.255.255.255:80", forwarding = "dr" },
  { address = "[fe80::1%3]:80", forwarding = "tun", tunnel = { type = "ipip", port = 1 } },
]
[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "rr"
[[service]]
protocol = "udp"
address = "192.168.0.2:0"
scheduler = "rr"
[[service]]
fwmark = 0
address = "192.168.0.2:0"
scheduler = "rr"
[[service]]
protocol = "tcp"
address = "[2001:db8::1]:80"
scheduler = "rr"
persistence = { timeout = 300, netmask = 129 }
server = [{ address = "192.168.1.2:80", forwarding = "tun" }]
[[sync_daemon]]
role = "master"
interface = "an-interface-too-long"
group = "192.168.0.1"
[[sync_daemon]]
role = "master"
interface = "eth0"
sync_id = 256
[[sync_daemon]]
role = "backup"
interface = "eth0"
max_length = 100
"#;
    insta::assert_snapshot!(refused(text), @r#"
    web.toml:3: one-packet is for udp: it would tear tcp connections apart
    web.toml:3: the kernel runs no sync daemon while a service has a real server of the other address family, as [2001:db8::2]:80 is here
    web.toml:5: sh-port is a flag of the scheduler sh, not of mh
    web.toml:6: this is of type integer: write a mask such as "255.255.255.0", as the service is ipv4
    web.toml:8: local is for the kernel to set: write nat, dr or tun
    web.toml:9: real server 192.168.1.2:80 is described in line 8 already
    web.toml:10: a real server of tcp 192.168.0.1:80 must be ipv4 too, unless forwarding is tun
    web.toml:11: a gue tunnel needs the UDP port of the real server: write port = 6080
    web.toml:12: 255.255.255.255 is the broadcast address, which the kernel refuses
    web.toml:13: fe80::1 is a link-local address, which the kernel refuses
    web.toml:13: the kernel keeps no scope of an address: write [fe80::1]:80
    web.toml:13: only gue tunnels have a port: leave it out
    web.toml:17: tcp 192.168.0.1:80 is described in line 3 already
    web.toml:21: port 0 means every port, which needs persistence: write a port, or persistence = { timeout = 300 }
    web.toml:24: 0 is not a firewall mark from 1 to 4294967295
    web.toml:25: a service with a firewall mark has no address: leave one out
    web.toml:29: the kernel runs no sync daemon while a service has a real server of the other address family, as 192.168.1.2:80 is here
    web.toml:31: 129 is not a prefix length from 1 to 128, as the service is ipv6
    web.toml:35: "an-interface-too-long" cannot be the name of an interface: 1 to 15 bytes without NUL
    web.toml:36: "192.168.0.1" is not a multicast address such as "224.0.0.81" or "ff02::81"
    web.toml:37: the master sync daemon is described in line 33 already
    web.toml:40: 256 is not a number from 0 to 255
    web.toml:41: a backup takes messages of 1024 bytes at least: write this for max_length, or more
    "#);
}

#[test]
fn what_the_kernel_takes_but_nobody_means_is_a_warning() {
    let text = r#"[[service]]
protocol = "tcp"
address = "192.168.0.1:80"
scheduler = "wlcc"
engine = "sip"
server = [
  { address = "192.168.1.2:8080", forwarding = "dr" },
  { address = "192.168.1.3:80", forwarding = "nat", tunnel = { type = "gre" } },
]
[[service]]
protocol = "protocol-99"
address = "192.168.0.1:80"
scheduler = "rr"
"#;
    insta::assert_snapshot!(warnings(text), @r#"
    4: Linux has no scheduler "wlcc" of its own, but rr, wrr, lc, wlc, fo, ovf, lblc, lblcr, dh, sh, mh, sed, nq, twos
    5: an engine has no effect without persistence: write persistence = { timeout = … }
    7: with dr packets keep the port 80 of the service: write 192.168.1.2:80, or leave the port out
    8: a tunnel has no effect with nat: write forwarding = "tun"
    12: IPVS balances nothing of protocol-99
    "#);
}

#[test]
fn what_is_not_toml_is_shown_once_for_each_line() {
    insta::assert_snapshot!(refused("[[service]\nprotocol = tcp\n"), @"web.toml:1: this is not TOML: unclosed array table, expected `]`");
}

#[test]
fn of_very_many_problems_the_first_are_shown() {
    let text = refused(&"[[service]]\n".repeat(1000));
    assert_eq!(text.lines().count(), 51);
    assert!(text.ends_with("web.toml: and 2950 more problems"), "{text}");
}
