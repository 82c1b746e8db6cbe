//! Each odd server gives exactly its class of error, and none makes the run hang.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::{
    answering, bound, odd_server, plan, read_request, real_server, report, reset,
};
use loadgen::{ConnectionMode, ErrorClass, Plan};

/// Sends three requests, one at a time in each mode, and expects each to fail so.
#[track_caller]
fn assert_fails(address: SocketAddr, timeout: Duration, class: ErrorClass) {
    for connections in [ConnectionMode::PerRequest, ConnectionMode::KeepAlive] {
        let report = report(&Plan {
            requests: 3,
            timeout,
            connections,
            ..plan(address, "/")
        });
        let errors: Vec<_> = report
            .errors
            .iter()
            .map(|(class, count)| (*class, *count))
            .collect();
        assert_eq!(errors, [(class, 3)], "{connections:?}");
        assert_eq!(
            (report.completed, report.failed, report.unfinished),
            (0, 3, 0)
        );
        assert!(report.latency.is_empty());
    }
}

/// No timeout is meant to be met.
const LONG: Duration = Duration::from_secs(60);
/// A timeout is meant to be met.
const SHORT: Duration = Duration::from_millis(50);

#[test]
fn nobody_listens() {
    let (_held, address) = bound(None);
    assert_fails(address, LONG, ErrorClass::ConnectRefused);
}

#[test]
fn the_backlog_is_full() {
    let (_held, address) = bound(Some(0));
    let _filling = TcpStream::connect(address).unwrap();
    assert_fails(address, SHORT, ErrorClass::ConnectTimedOut);
}

#[test]
fn the_server_closes_without_an_answer() {
    assert_fails(answering(""), LONG, ErrorClass::ClosedEarly);
}

#[test]
fn the_server_closes_within_the_headers() {
    assert_fails(
        answering("HTTP/1.1 200 OK\r\ncontent-le"),
        LONG,
        ErrorClass::ClosedEarly,
    );
}

#[test]
fn the_server_never_answers() {
    let mut held = Vec::new();
    let address = odd_server(move |stream| held.push(stream));
    assert_fails(address, SHORT, ErrorClass::ResponseTimedOut);
}

#[test]
fn the_server_resets_in_place_of_an_answer() {
    let address = odd_server(|mut stream| {
        read_request(&mut stream);
        reset(&stream);
    });
    assert_fails(address, LONG, ErrorClass::ResponseReset);
}

#[test]
fn the_server_resets_within_the_body() {
    let address = odd_server(|mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun")
            .unwrap();
        reset(&stream);
    });
    assert_fails(address, LONG, ErrorClass::BodyReset);
}

#[test]
fn the_body_stalls() {
    let mut held = Vec::new();
    let address = odd_server(move |mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun")
            .unwrap();
        held.push(stream);
    });
    assert_fails(address, SHORT, ErrorClass::BodyTimedOut);
}

#[test]
fn the_body_is_shorter_than_announced() {
    let short = answering("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun");
    assert_fails(short, LONG, ErrorClass::ShortBody);
    let chunked = answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n");
    assert_fails(chunked, LONG, ErrorClass::ShortBody);
}

#[test]
fn the_answer_is_not_http() {
    assert_fails(
        answering("SSH-2.0-odd\r\n\r\n"),
        LONG,
        ErrorClass::BadResponse,
    );
    let chunked = answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nodd\r\n");
    assert_fails(chunked, LONG, ErrorClass::BadResponse);
}

#[test]
fn the_status_is_not_2xx() {
    let (_, address) = real_server("rs1");
    let report = report(&Plan {
        requests: 3,
        ..plan(address, "/nothing")
    });
    assert_eq!(
        report.errors.into_iter().collect::<Vec<_>>(),
        [(ErrorClass::BadStatus, 3)]
    );
}

#[test]
fn a_server_that_answers_but_does_not_close_has_not_failed() {
    let mut held = Vec::new();
    let address = odd_server(move |mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .unwrap();
        held.push(stream);
    });
    let report = report(&Plan {
        requests: 2,
        timeout: SHORT,
        ..plan(address, "/")
    });
    assert_eq!(
        (report.completed, report.failed, report.left_open),
        (2, 0, 2)
    );
}

#[test]
fn a_body_that_ends_with_the_connection_is_complete() {
    let report = report(&plan(answering("HTTP/1.0 200 OK\r\n\r\nall of it"), "/"));
    assert_eq!((report.completed, report.body_bytes), (1, 9));
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_and_counted_apart() {
    let address = odd_server(|mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .unwrap();
        read_request(&mut stream);
    });
    let connections = ConnectionMode::KeepAlive;
    let report = report(&Plan {
        requests: 3,
        connections,
        ..plan(address, "/")
    });
    assert_eq!(
        (report.completed, report.failed, report.reconnects),
        (3, 0, 2)
    );
    assert_eq!(report.connections_opened, 3);
}

#[test]
fn a_server_may_close_kept_connections_without_a_word() {
    let connections = ConnectionMode::KeepAlive;
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let report = report(&Plan {
        requests: 50,
        connections,
        ..plan(address, "/")
    });
    assert_eq!(
        (report.completed, report.failed, report.connections_opened),
        (50, 0, 50)
    );
}

#[test]
fn a_server_may_announce_that_it_closes() {
    let connections = ConnectionMode::KeepAlive;
    let address = answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
    let report = report(&Plan {
        requests: 50,
        connections,
        ..plan(address, "/")
    });
    assert_eq!(
        (
            report.completed,
            report.connections_opened,
            report.reconnects
        ),
        (50, 50, 0)
    );
}
