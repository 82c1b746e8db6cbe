//! Client and server count the same.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::support::{block_on, odd_server, plan, read_request, real_server, report};
use backend::{RealServer, SERVER_HEADER};
use loadgen::{ConnectionMode, Expect, Plan, Progress, Tally, run};
use tokio::net::TcpListener;

#[test]
fn every_request_has_its_connection() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        requests: 500,
        concurrency: 7,
        by_header: Some(SERVER_HEADER.parse().unwrap()),
        ..plan(address, "/")
    };
    let report = report(&plan);
    assert_eq!(
        (report.completed, report.failed, report.unfinished),
        (500, 0, 0)
    );
    assert_eq!(
        (report.connections_attempted, report.connections_opened),
        (500, 500)
    );
    assert_eq!(
        (server.counters().connections, server.counters().requests),
        (500, 500)
    );
    assert_eq!(counts(&report.by_header["rs1"]), (500, 500));
    assert_eq!(report.latency.len(), 500);
    assert_eq!(report.body_bytes, server.counters().bytes);
    assert_eq!(report.stopped_early, None);
}

#[test]
fn kept_connections_are_as_many_as_the_concurrency() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        requests: 500,
        concurrency: 7,
        connections: ConnectionMode::KeepAlive,
        by_header: Some(SERVER_HEADER.parse().unwrap()),
        ..plan(address, "/")
    };
    let report = report(&plan);
    assert_eq!(
        (report.completed, report.failed, report.reconnects),
        (500, 0, 0)
    );
    assert_eq!(report.connections_opened, 7);
    assert_eq!(
        (server.counters().connections, server.counters().requests),
        (7, 500)
    );
    assert_eq!(counts(&report.by_header["rs1"]), (500, 7));
}

#[test]
fn client_and_server_share_one_thread() {
    let report = block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = RealServer::new("rs1").unwrap();
        tokio::spawn(Arc::clone(&server).serve(listener));
        let plan = Plan {
            requests: 50,
            concurrency: 5,
            ..plan(address, "/bytes/300000")
        };
        run(&plan, &Progress::new(), std::future::pending()).await
    });
    assert_eq!((report.completed, report.body_bytes), (50, 50 * 300_000));
    assert!(report.bytes_in > report.body_bytes);
}

#[test]
fn the_server_closes_first_and_keeps_the_time_wait() {
    const TIME_WAIT: &str = "06";
    let (_, address) = real_server("rs1");
    assert_eq!(
        report(&Plan {
            requests: 100,
            concurrency: 5,
            ..plan(address, "/")
        })
        .completed,
        100
    );
    let port = format!(":{:04X}", address.port());
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    // Fields 1 and 2 are the local and the remote address.
    let in_time_wait = |address: usize| {
        let is_one = |line: &&str| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields[address].ends_with(&port) && fields[3] == TIME_WAIT
        };
        sockets.lines().filter(is_one).count()
    };
    assert_eq!(in_time_wait(2), 0);
    assert!(in_time_wait(1) > 0);
}

#[test]
fn the_client_waits_for_the_server_to_close() {
    let (sender, first_to_close) = mpsc::channel();
    let address = odd_server(move |mut stream| {
        read_request(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        sender
            .send(stream.read(&mut [0]).map_err(|error| error.kind()))
            .unwrap();
    });
    assert_eq!(
        report(&Plan {
            requests: 2,
            ..plan(address, "/")
        })
        .completed,
        2
    );
    let nothing_read = Err(ErrorKind::WouldBlock);
    assert_eq!(
        first_to_close.iter().take(2).collect::<Vec<_>>(),
        [nothing_read; 2]
    );
}

#[test]
fn a_delay_of_the_server_is_in_every_latency() {
    let (_, address) = real_server("rs1");
    for connections in [ConnectionMode::PerRequest, ConnectionMode::KeepAlive] {
        let plan = Plan {
            requests: 10,
            concurrency: 5,
            connections,
            ..plan(address, "/delay/50")
        };
        let report = report(&plan);
        assert!(report.latency_at(0.01).unwrap() >= Duration::from_millis(50));
        assert!(report.latency_at(0.5).unwrap() <= report.latency_at(1.0).unwrap());
    }
}

#[test]
fn a_status_that_is_not_wanted_fails_but_names_its_server() {
    let (server, address) = real_server("rs1");
    let plan = Plan {
        requests: 20,
        expect: Expect::anything(),
        by_header: Some(SERVER_HEADER.parse().unwrap()),
        ..plan(address, "/nothing")
    };
    assert_eq!(report(&plan).completed, 20);
    let report = report(&Plan {
        expect: Expect::default(),
        ..plan
    });
    assert_eq!((report.completed, report.failed), (0, 20));
    assert_eq!(report.by_header["rs1"].requests, 20);
    assert_eq!(server.counters().requests, 40);
}

#[test]
fn responses_without_the_counted_header_are_counted_apart() {
    let (_, address) = real_server("rs1");
    let by_header = Some("x-missing".parse().unwrap());
    let report = report(&Plan {
        requests: 3,
        by_header,
        ..plan(address, "/")
    });
    assert_eq!(counts(&report.without_header), (3, 3));
    assert!(report.by_header.is_empty());
}

/// Requests and connections.
fn counts(tally: &Tally) -> (u64, u64) {
    (tally.requests, tally.connections)
}
