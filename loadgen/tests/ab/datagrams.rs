//! `udp://`, at the backend's echo.

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use backend::RealServer;
use backend::udp::{Numbered, Strangers};

use crate::command::loadgen;

/// The project's own echo, by the name `rs1`. Its URL.
fn echo() -> String {
    let server = RealServer::new("rs1").unwrap();
    let (socket, url) = socket();
    socket.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let socket = tokio::net::UdpSocket::from_std(socket).unwrap();
            server.echo(socket, Strangers::Unchanged).await;
        });
    });
    url
}

fn socket() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let url = format!("udp://{}", socket.local_addr().unwrap());
    (socket, url)
}

/// Two servers behind one address, rs1 for even numbers and rs2 for odd ones; it leaves out every
/// tenth datagram and echoes every tenth after that twice. Its URL.
fn unreliable() -> String {
    let (socket, url) = socket();
    thread::spawn(move || {
        let mut datagram = [0; 2048];
        loop {
            let (length, from): (usize, SocketAddr) = socket.recv_from(&mut datagram).unwrap();
            let number = Numbered::read(&datagram[..length]).unwrap().sequence;
            let name: &[u8] = if number.is_multiple_of(2) {
                b"\x03rs1"
            } else {
                b"\x03rs2"
            };
            let copies = match number % 10 {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..copies {
                let echo = [&datagram[..length], name].concat();
                socket.send_to(&echo, from).unwrap();
            }
        }
    });
    url
}

#[test]
fn every_datagram_comes_back_from_the_backend_with_its_name() {
    let url = echo();
    for load in [
        ["-n", "100", "-c", "5"].as_slice(),
        &["-n", "100", "--rate", "2000"],
        &["-n", "100", "--rate", "2000", "--poisson", "-c", "2"],
    ] {
        let lost = [
            "-s",
            "10",
            "-q",
            "--assert",
            "lost==0",
            "--assert",
            "share.rs1==1",
        ];
        let ran = loadgen(&[load, &lost, &[&url]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.value("Datagrams sent"), "100");
        assert_eq!(ran.value("Datagrams received"), "100");
        assert_eq!(ran.value("Lost"), "0 (0.000%)");
        let row = ran.stdout.lines().find(|line| line.starts_with("rs1 "));
        let row = row.unwrap_or_else(|| panic!("{ran:?}"));
        assert!(row.contains(" 100 100.00%"), "{row}");
        let offered = ran.stdout.contains("Offered per second:     2000.00");
        assert_eq!(offered, load.contains(&"--rate"), "{ran:?}");
    }
}

#[test]
fn lost_and_doubled_datagrams_are_counted_and_fail_the_load() {
    let ran = loadgen(&[
        "--rate",
        "1000",
        "-n",
        "100",
        "-s",
        "3",
        "-q",
        &unreliable(),
    ]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.value("Datagrams received"), "90");
    assert_eq!(ran.value("Lost"), "10 (10.000%)");
    assert_eq!(ran.value("Duplicates"), "10");
}

#[test]
fn json_has_the_counts_of_datagrams_and_assertions_judge_them() {
    let holds = [
        "--assert",
        "lost==10",
        "--assert",
        "sent==100",
        "--assert",
        "p99<10s",
    ];
    let fails = ["--assert", "duplicates<10", "--assert", "share.rs1<=0.3"];
    let load = ["--json", "--rate", "1000", "-n", "100", "-s", "3", "-q"];
    let ran = loadgen(&[load.as_slice(), &holds, &[&unreliable()]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let json = ran.json();
    let counts =
        ["sent", "received", "lost", "duplicates"].map(|name| json["datagrams"][name].as_u64());
    assert_eq!(counts, [Some(100), Some(90), Some(10), Some(10)]);
    assert_eq!(json["servers"]["rs1"]["requests"], 40, "{json}");
    assert_eq!(json["servers"]["rs2"]["requests"], 50, "{json}");
    assert_eq!(json["latencies"]["total"]["count"], 90, "{json}");
    let ran = loadgen(&[load.as_slice(), &fails, &[&unreliable()]].concat());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stderr.matches("FAILED: ").count(), 2, "{ran:?}");
}

#[test]
fn every_file_can_be_written_of_datagrams() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let options = ["-e", "--csv", "--hgrm", "--hlog", "--plot"];
    let paths = options.map(path);
    let mut load = vec!["-n", "50", "-s", "10", "-q"];
    for (option, path) in options.iter().zip(&paths) {
        load.extend([*option, path]);
    }
    let url = echo();
    load.push(&url);
    let ran = loadgen(&load);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let [percentiles, csv, hgrm, hlog, plot] =
        paths.map(|path| std::fs::read_to_string(path).unwrap());
    assert_eq!(percentiles.lines().count(), 102);
    assert!(csv.contains("\nrs1,50,0,0,1.000000,"), "{csv}");
    assert!(hgrm.contains("Total count    =           50]"), "{hgrm}");
    assert!(hlog.contains("\nTag=rs1,0.000,1.000,"), "{hlog}");
    assert!(plot.contains("<title>rs1: "), "{plot}");
}

#[test]
fn a_port_where_nobody_listens_loses_all() {
    let (socket, url) = socket();
    drop(socket);
    let ran = loadgen(&["-n", "2", "-s", "0.1", "-q", &url]);
    assert_eq!((ran.code, ran.value("Lost")), (Some(1), "2 (100.000%)"));
    assert!(
        ran.stdout.contains("connect-refused               2"),
        "{ran:?}"
    );
}

#[test]
fn datagrams_that_cannot_be_sent_are_failures() {
    // An address that no host has (RFC 5737).
    let load = ["-n", "4", "-c", "2", "-q", "--source", "192.0.2.1"];
    let ran = loadgen(&[load.as_slice(), &["--assert", "errors==0", &echo()]].concat());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.value("Datagrams sent"), "0");
    let ran = loadgen(&[load.as_slice(), &[&echo()]].concat());
    assert_eq!(ran.code, Some(1), "{ran:?}");
}
