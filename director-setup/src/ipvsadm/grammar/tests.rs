use proptest::prelude::*;

use super::*;
use crate::{
    Forwarding, Netmask, RealServer, Scheduler, Service, ServiceFlags, SyncDaemon, Thresholds,
    Tunnel, TunnelChecksum, Weight,
};

fn names() -> Names {
    Names::fixed(&[("192.0.2.7", "seven")], "http 80/tcp www\nhttp 81/udp\n")
}

fn read(line: &str) -> Result<Command, Misuse> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parse("ipvsadm", &words, &mut names())
}

fn change(line: &str) -> Change {
    match read(line) {
        Ok(Command::Change(change)) => *change,
        other => panic!("{line}: {other:?}"),
    }
}

fn service(line: &str) -> Service {
    match change(line) {
        Change::AddService { service } => service,
        other => panic!("{line}: {other:?}"),
    }
}

fn server(line: &str) -> RealServer {
    match change(line) {
        Change::AddServer { server, .. } => server,
        other => panic!("{line}: {other:?}"),
    }
}

fn wrong(line: &str) -> (u8, String) {
    let misuse = read(line).expect_err(line);
    (misuse.code(), misuse.to_string())
}

fn key(text: &str) -> ServiceKey {
    text.parse().expect("it is a key")
}

#[test]
fn services_of_every_kind_are_read() {
    let wlc = |text| Service::new(key(text), Scheduler::WeightedLeastConnection);
    assert_eq!(service("-A -t 192.0.2.1:80"), wlc("tcp 192.0.2.1:80"));
    assert_eq!(service("-A -u seven:http"), wlc("udp 192.0.2.7:81"));
    assert_eq!(
        service("-A --sctp-service [2001:db8::1]:80"),
        wlc("sctp [2001:db8::1]:80")
    );
    assert_eq!(service("-A -f 5"), wlc("fwmark 5 ipv4"));
    assert_eq!(service("-A -f 5 -6"), wlc("fwmark 5 ipv6"));
}

#[test]
fn addresses_are_read_as_inet_aton_reads_them() {
    for (text, meant) in [
        ("010.0.0.1:80", "8.0.0.1:80"),
        ("10.1:80", "10.0.0.1:80"),
        ("0x7f.1:080", "127.0.0.1:80"),
        ("1.2.259:80", "1.2.1.3:80"),
        ("[192.0.2.1]:80", "192.0.2.1:0"),
    ] {
        let Change::DeleteService { key } = change(&format!("-D -t {text}")) else {
            panic!("-D deletes");
        };
        assert_eq!(key.to_string(), format!("tcp {meant}"), "{text}");
    }
    for text in [
        "256.0.0.1:80",
        "1.2.3.4.5:80",
        "08.0.0.1:80",
        "80",
        "[::1]",
        "::1x:80",
        "one:80",
    ] {
        assert_eq!(
            wrong(&format!("-D -t {text}")),
            (
                2,
                "illegal virtual server address[:port] specified".to_owned()
            ),
            "{text}"
        );
    }
}

#[test]
fn persistence_has_a_default_and_a_mask() {
    let persistence = |line| service(line).persistence.expect("it is persistent");
    assert_eq!(persistence("-A -t 192.0.2.1:0 -p").timeout_seconds, 360);
    let masked = persistence("-A -t 192.0.2.1:0 -p 60 -M 255.255.255.0");
    assert_eq!(masked.timeout_seconds, 60);
    assert_eq!(masked.netmask, Netmask::Ipv4([255, 255, 255, 0].into()));
    assert_eq!(
        persistence("-A -f 5 -6 -p -M 64").netmask,
        Netmask::Ipv6(64)
    );
    assert_eq!(
        persistence("-A -f 5 -M 255.0.0.0 -6 -p").netmask,
        Netmask::Ipv6(128)
    );
}

#[test]
fn flags_are_those_of_the_scheduler() {
    let both = ServiceFlags::SH_FALLBACK | ServiceFlags::SH_PORT;
    assert_eq!(service("-A -f 5 -s sh -b sh-fallback,sh-port").flags, both);
    assert_eq!(service("-A -f 5 -b flag-1,,flag-2").flags, both);
    assert_eq!(
        wrong("-A -f 5 -s sh -b mh-port"),
        (2, "incompatible scheduler flag `mh-port'".to_owned())
    );
    assert_eq!(
        wrong("-A -f 5 -b x"),
        (2, "invalid scheduler flag `x'".to_owned())
    );
}

#[test]
fn a_real_server_has_the_services_port_where_nobody_rewrites_it() {
    let plain = RealServer::new("192.0.2.2:80".parse().expect("it is one"), Forwarding::Dr);
    assert_eq!(server("-a -t 192.0.2.1:80 -r 192.0.2.2"), plain);
    assert_eq!(server("-a -t 192.0.2.1:80 -r 192.0.2.2:81"), plain);
    let port = |line| server(line).address.port();
    assert_eq!(port("-a -t 192.0.2.1:80 -r 192.0.2.2:81 -m"), 81);
    assert_eq!(port("-a -t 192.0.2.1:80 -r 192.0.2.2 -m"), 80);
    assert_eq!(port("-a -m -r 192.0.2.2 -t 192.0.2.1:80"), 0);
    assert_eq!(port("-a -f 5 -r 192.0.2.2"), 0);
}

#[test]
fn the_settings_of_a_real_server_are_read() {
    let found = server(
        "-a -t 192.0.2.1:80 -r [2001:db8::2]:80 -i -w 2147483647 -x 9 -y 3 \
         --tun-type gue --tun-port 6080 --tun-remcsum",
    );
    assert_eq!(found.forwarding, Forwarding::Tun);
    assert_eq!(found.weight, Weight::MAX);
    assert_eq!(found.thresholds, Thresholds { upper: 9, lower: 3 });
    let checksum = TunnelChecksum::Remote;
    assert_eq!(
        found.tunnel,
        Tunnel::Gue {
            port: 6080,
            checksum
        }
    );
}

#[test]
fn daemons_and_timeouts_are_read() {
    let daemon = SyncDaemon {
        sync_id: 7,
        max_length: Some(1400),
        group: "ff02::5".parse().ok(),
        port: Some(9000),
        ttl: Some(2),
        ..SyncDaemon::new(SyncRole::Backup, "d0")
    };
    let line = "--start-daemon backup --mcast-interface d0 --syncid 7 --sync-maxlen 1400 \
                --mcast-group ff02::5 --mcast-port 9000 --mcast-ttl 2";
    assert_eq!(change(line), Change::StartDaemon { daemon });
    let daemon = SyncDaemon::new(SyncRole::Master, "eth0");
    assert_eq!(
        change("--start-daemon=master"),
        Change::StartDaemon { daemon }
    );
    let timeouts = Timeouts {
        tcp: 0,
        tcp_fin: 1,
        udp: 2_678_400,
    };
    assert_eq!(
        change("--set 0 1 2678400"),
        Change::SetTimeouts { timeouts }
    );
}

#[test]
fn a_list_has_one_subject_and_one_look() {
    let style = Style::default();
    assert_eq!(read(""), Ok(Command::Show(Show::Table(style), None)));
    let numeric = Style {
        numeric: true,
        ..style
    };
    assert_eq!(read("-Ln"), Ok(Command::Show(Show::Table(numeric), None)));
    let second = Some(Duration::from_secs(1));
    assert_eq!(
        read("-Ln --watch 1"),
        Ok(Command::Show(Show::Table(numeric), second))
    );
    assert_eq!(
        wrong("-L -c --timeout"),
        (
            2,
            "The option 'timeout' conflicts with the 'connection' option in the 'list' command"
                .to_owned()
        )
    );
    assert_eq!(
        wrong("-L -c --stats"),
        (2, "options conflicts in the list command".to_owned())
    );
}

#[test]
fn nowhere_is_everywhere_for_zeroing() {
    assert_eq!(change("-Z"), Change::Zero { key: None });
    assert_eq!(change("-Z -t 0.0.0.0:0"), Change::Zero { key: None });
    let one = Some(key("tcp 192.0.2.1:80"));
    assert_eq!(change("-Z -t 192.0.2.1:80"), Change::Zero { key: one });
}

proptest! {
    #[test]
    fn no_words_make_the_reader_panic(words in proptest::collection::vec(
        prop_oneof![
            "-[ALEDadeCRSZhvtufspMrmigwxync6obX]{1,3}",
            "--[a-z-]{1,12}(=[0-9:a-z]{0,8})?",
            "[0-9.:\\[\\]a-fx,]{0,20}",
            any::<String>(),
        ],
        0..8,
    )) {
        let _ = parse("ipvsadm", &words, &mut names());
    }
}
