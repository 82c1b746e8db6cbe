//! A real server over loopback sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use backend::{Answers, Counters, RealServer, Responses};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

struct Served {
    server: Arc<RealServer>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

async fn rs1() -> Served {
    let server = RealServer::new("rs1").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(Arc::clone(&server).serve(listener));
    Served {
        server,
        address,
        task,
    }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The whole response to one request on its own connection.
    async fn fetch(&self, method: &str, path: &str) -> String {
        let mut stream = self.connect().await;
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    async fn wait_for(&self, condition: impl Fn(Counters) -> bool) {
        let condition = async {
            while !condition(self.server.counters()) {
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), condition)
            .await
            .expect("the counters come to be so");
    }
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn every_response_names_its_server() {
    let rs1 = rs1().await;
    for path in [
        "/",
        "/index.html",
        "/bytes/10",
        "/delay/1",
        "/stats",
        "/nothing",
        "/bytes/x",
    ] {
        let response = rs1.fetch("GET", path).await;
        assert!(
            response.contains("\r\nx-real-server: rs1\r\n"),
            "{response}"
        );
    }
    assert_eq!(body(&rs1.fetch("GET", "/index.html?query").await), "rs1\n");
}

#[tokio::test]
async fn a_body_has_as_many_bytes_as_asked_for() {
    let rs1 = rs1().await;
    for length in [0, 1, 65_535, 65_536, 65_537, 1_000_000] {
        let response = rs1.fetch("GET", &format!("/bytes/{length}")).await;
        assert!(response.contains(&format!("\r\ncontent-length: {length}\r\n")));
        assert_eq!(body(&response).len(), length);
    }
}

#[tokio::test]
async fn head_has_the_length_but_not_the_body() {
    let rs1 = rs1().await;
    let response = rs1.fetch("HEAD", "/bytes/1000").await;
    assert!(
        response.contains("\r\ncontent-length: 1000\r\n"),
        "{response}"
    );
    assert_eq!(body(&response), "");
    assert_eq!(rs1.server.counters().bytes, 0);
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_with_the_reason() {
    let rs1 = rs1().await;
    let not_found = rs1.fetch("GET", "/nothing").await;
    assert!(not_found.starts_with("HTTP/1.1 404 "), "{not_found}");
    let bad_number = rs1.fetch("GET", "/delay/60001").await;
    assert!(bad_number.starts_with("HTTP/1.1 400 "), "{bad_number}");
    assert!(
        body(&bad_number).contains("from 0 to 60000"),
        "{bad_number}"
    );
}

#[tokio::test]
async fn connections_and_requests_are_counted_exactly() {
    let rs1 = rs1().await;
    for _ in 0..3 {
        rs1.fetch("GET", "/").await;
    }
    let mut kept = rs1.connect().await;
    for _ in 0..2 {
        kept.write_all(b"GET /bytes/9 HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"xxxxxxxxx") {
            kept.read_buf(&mut response).await.unwrap();
        }
    }
    rs1.wait_for(|counters| counters.open == 1).await;
    let expected = Counters {
        connections: 4,
        open: 1,
        requests: 5,
        responses: Responses {
            success: 5,
            ..Responses::default()
        },
        bytes: 3 * 4 + 2 * 9,
        ..Counters::default()
    };
    assert_eq!(rs1.server.counters(), expected);
    drop(kept);
    rs1.wait_for(|counters| counters.open == 0).await;
}

#[tokio::test]
async fn asking_for_the_stats_is_not_counted_as_a_request() {
    let rs1 = rs1().await;
    rs1.fetch("GET", "/").await;
    let stats = rs1.fetch("GET", "/stats").await;
    let stats: serde_json::Value = serde_json::from_str(body(&stats)).unwrap();
    assert_eq!(
        (&stats["name"], &stats["requests"]),
        (&"rs1".into(), &1.into())
    );
    assert_eq!(stats["connections"], 2);
    assert_eq!(rs1.server.counters().requests, 1);
}

#[tokio::test]
async fn a_silent_server_accepts_and_reads_but_never_answers() {
    let rs1 = rs1().await;
    rs1.server.set_answers(Answers::Never);
    let mut silenced = rs1.connect().await;
    silenced
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    rs1.wait_for(|counters| counters.connections == 1).await;
    // The runtime has one thread: the silenced request is read before the next is answered.
    let mut probe = rs1.connect().await;
    rs1.wait_for(|counters| counters.connections == 2).await;
    probe
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    drop(probe);
    rs1.wait_for(|counters| counters.open == 1).await;
    rs1.server.set_answers(Answers::Normally);
    assert_eq!(body(&rs1.fetch("GET", "/").await), "rs1\n");
    let unanswered = silenced.try_read(&mut [0]).unwrap_err();
    assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(rs1.server.counters().responses.total(), 1);
}

#[tokio::test]
async fn dropping_the_service_closes_its_connections() {
    let rs1 = rs1().await;
    let mut idle = rs1.connect().await;
    rs1.wait_for(|counters| counters.open == 1).await;
    rs1.task.abort();
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(rs1.server.counters().open, 0);
}

#[test]
fn a_name_that_no_header_can_carry_is_refused() {
    for name in ["", "rs 1", "rs\n1", "rs\u{e9}", &"r".repeat(256)] {
        assert!(RealServer::new(name).is_err(), "{name:?}");
    }
}
