//! Datagrams and their echoes, lost, doubled and out of order.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::support::block_on;
use loadgen::udp::payload::Datagram;
use loadgen::udp::{Plan, Report, run};
use loadgen::{Arrivals, ErrorClass, Pacing, Progress};

/// A server that does `act` with each datagram: its number, its echo, and how to send it back.
fn server(mut act: impl FnMut(u64, Vec<u8>, &dyn Fn(&[u8])) + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let datagram = Datagram::read(&buffer[..length]).unwrap();
            let echo = [&buffer[..length], b"\x03rs1"].concat();
            let reply = |bytes: &[u8]| {
                socket.send_to(bytes, from).unwrap();
            };
            act(datagram.number, echo, &reply);
        }
    });
    address
}

fn plan(address: SocketAddr, datagrams: u64) -> Plan {
    Plan {
        datagrams,
        timeout: Duration::from_secs(10),
        ..Plan::new(vec![address])
    }
}

fn report(plan: &Plan) -> Report {
    block_on(run(plan, &Progress::new(), std::future::pending()))
}

#[test]
fn every_echo_is_matched_in_a_closed_and_in_an_open_loop() {
    let address = server(|_, echo, reply| reply(&echo));
    let open = Pacing::Open {
        rate: 5000.0,
        arrivals: Arrivals::Poisson,
    };
    // So few and so small that a socket's buffer holds them all: none is lost for want of a CPU.
    for (pacing, size) in [(plan(address, 1).pacing, 24), (open, 100)] {
        let report = report(&Plan {
            flows: 5,
            pacing,
            size,
            ..plan(address, 200)
        });
        assert_eq!((report.sent, report.received, report.lost), (200, 200, 0));
        assert_eq!(report.by_server["rs1"].received, 200);
        assert_eq!(report.latency.len(), 200);
        assert_eq!(report.duplicated + report.late + report.stray, 0);
    }
}

#[test]
fn loss_duplicates_and_reordering_are_told_apart() {
    let mut kept = None;
    let address = server(move |number, echo, reply| match number % 10 {
        // Lost.
        0 => {}
        // Twice.
        1 => {
            reply(&echo);
            reply(&echo);
        }
        // After the next.
        2 => kept = Some(echo),
        3 => {
            reply(&echo);
            reply(&kept.take().unwrap());
        }
        4 => {
            reply(b"nonsense");
            reply(&echo);
        }
        _ => reply(&echo),
    });
    let report = report(&Plan {
        pacing: Pacing::Open {
            rate: 2000.0,
            arrivals: Arrivals::Constant,
        },
        timeout: Duration::from_millis(500),
        ..plan(address, 100)
    });
    assert_eq!((report.sent, report.received, report.lost), (100, 90, 10));
    assert_eq!((report.duplicated, report.reordered), (10, 10));
    assert_eq!((report.stray, report.late), (10, 0));
}

#[test]
fn a_closed_loop_goes_on_when_a_datagram_is_lost() {
    let address = server(|number, echo, reply| {
        if number != 1 {
            reply(&echo);
        }
    });
    let report = report(&Plan {
        timeout: Duration::from_millis(50),
        ..plan(address, 4)
    });
    assert_eq!((report.sent, report.received, report.lost), (4, 3, 1));
}

#[test]
fn a_port_where_nobody_listens_is_a_refusal_and_a_loss() {
    // A socket that is connected elsewhere takes nothing from us, and keeps the port from others.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    socket.connect("127.0.0.1:9").unwrap();
    let report = report(&Plan {
        timeout: Duration::from_millis(50),
        ..plan(address, 2)
    });
    assert_eq!((report.sent, report.received, report.lost), (2, 0, 2));
    assert_eq!(report.errors[&ErrorClass::ConnectRefused], 2);
}

#[test]
fn no_datagram_is_sent_after_the_time_limit() {
    let address = server(|_, echo, reply| reply(&echo));
    let report = report(&Plan {
        time_limit: Some(Duration::from_millis(100)),
        ..plan(address, u64::MAX)
    });
    assert!(report.sent > 0 && report.sent == report.received + report.lost);
    assert_eq!(report.stopped_early, Some(loadgen::StopReason::TimeLimit));
}

/// Ten flows take turns at one a second: most are due after the limit.
#[test]
fn datagrams_that_are_due_after_the_time_limit_are_not_waited_for() {
    let address = server(|_, echo, reply| reply(&echo));
    let report = report(&Plan {
        time_limit: Some(Duration::from_millis(100)),
        flows: 10,
        pacing: Pacing::Open {
            rate: 0.1,
            arrivals: Arrivals::Constant,
        },
        ..plan(address, u64::MAX)
    });
    assert_eq!((report.sent, report.received), (1, 1));
    assert_eq!(report.stopped_early, Some(loadgen::StopReason::TimeLimit));
    assert!(report.elapsed < Duration::from_secs(9), "{report:?}");
}
