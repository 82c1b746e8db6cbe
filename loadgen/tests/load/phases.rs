//! In which phase a connection breaks or stands still, by both implementations of the protocol.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::support::{bound, odd_server, plan, read_request, report, reset};
use bytes::Bytes;
use loadgen::{ErrorClass, Path, Plan, Script, Step};

const PATHS: [Path; 2] = [Path::Automatic, Path::General];
/// More than the sockets' buffers take.
const LARGE: usize = 64 << 20;

fn failed(plan: &Plan) -> Vec<ErrorClass> {
    let report = report(plan);
    assert_eq!((report.completed, report.unfinished), (0, 0));
    report.errors.into_keys().collect()
}

fn large(address: SocketAddr) -> Plan {
    let mut plan = plan(address, "/");
    let step = Step {
        method: hyper::Method::POST,
        body: Bytes::from(vec![0; LARGE]),
        ..plan.script.steps()[0].clone()
    };
    plan.script = Script::new(vec![step]).unwrap();
    plan
}

#[test]
fn a_connection_that_waits_for_its_accept_is_reset() {
    for path in PATHS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            while !has_unread(address) {
                thread::yield_now();
            }
            drop(listener);
        });
        let plan = Plan {
            path,
            ..plan(address, "/")
        };
        assert_eq!(failed(&plan), [ErrorClass::ResponseReset], "{path:?}");
        server.join().unwrap();
    }
}

/// Whether a connection to this address holds what nobody has read yet.
fn has_unread(address: SocketAddr) -> bool {
    let port = format!(":{:04X}", address.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().any(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let unread = fields[4]
            .split_once(':')
            .is_some_and(|(_, read)| read.bytes().any(|digit| digit != b'0'));
        fields[1].ends_with(&port) && fields[3] == "01" && unread
    })
}

#[test]
fn a_reset_after_the_accept_comes_before_the_answer_whatever_the_client_does_then() {
    let address = odd_server(|stream| reset(&stream));
    for path in PATHS {
        let plan = Plan {
            requests: 20,
            path,
            ..plan(address, "/")
        };
        for class in failed(&plan) {
            let lost = [
                ErrorClass::ConnectReset,
                ErrorClass::SendReset,
                ErrorClass::ResponseReset,
            ];
            assert!(lost.contains(&class), "{path:?}: {class:?}");
        }
    }
}

#[test]
fn a_request_that_is_not_taken_times_out_while_it_is_sent() {
    let mut held = Vec::new();
    let address = odd_server(move |stream| held.push(stream));
    for path in PATHS {
        let plan = Plan {
            path,
            timeout: Duration::from_millis(500),
            ..large(address)
        };
        assert_eq!(failed(&plan), [ErrorClass::SendTimedOut], "{path:?}");
    }
}

#[test]
fn a_reset_within_the_request_is_one_while_it_is_sent() {
    let address = odd_server(|mut stream| {
        read_request(&mut stream);
        reset(&stream);
    });
    for path in PATHS {
        let plan = Plan {
            path,
            ..large(address)
        };
        assert_eq!(failed(&plan), [ErrorClass::SendReset], "{path:?}");
    }
}

#[test]
fn an_answer_that_comes_before_the_request_is_sent_is_an_answer() {
    let mut held = Vec::new();
    let address = odd_server(move |mut stream: TcpStream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
        held.push(stream);
    });
    for path in PATHS {
        let plan = Plan {
            path,
            expect: loadgen::Expect::anything(),
            close: loadgen::Close::Fin,
            ..large(address)
        };
        let report = report(&plan);
        assert_eq!((report.completed, report.body_bytes), (1, 2), "{path:?}");
    }
}

#[test]
fn a_full_accept_queue_is_a_connect_that_times_out() {
    let (_held, address) = bound(Some(0));
    let _filling = TcpStream::connect(address).unwrap();
    for path in PATHS {
        let plan = Plan {
            path,
            connect_timeout: Some(Duration::from_millis(100)),
            ..plan(address, "/")
        };
        assert_eq!(failed(&plan), [ErrorClass::ConnectTimedOut], "{path:?}");
    }
}
