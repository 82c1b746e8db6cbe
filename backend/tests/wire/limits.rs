//! Limits on connections, on requests of one connection and on its patience.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backend::Engine;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::yield_now;

use crate::by_both_engines;
use crate::raw::End;
use crate::served::{DEADLINE, served};

by_both_engines!(
    connections_over_the_limit_are_reset,
    connections_over_the_limit_are_answered_by_503,
    connections_over_the_limit_wait_for_a_place,
    a_limit_of_zero_refuses_everybody,
    the_limit_holds_over_all_listeners,
    the_last_response_of_a_connection_says_so,
    a_client_of_http_1_0_is_limited_too,
    an_idle_connection_is_closed_without_a_word,
    a_kept_connection_is_closed_when_it_idles,
    a_head_that_trickles_in_is_cut_off,
    a_body_that_does_not_come_is_cut_off,
    a_slow_accept_lets_connections_wait,
);

async fn connections_over_the_limit_are_reset(engine: Engine) {
    let rs1 = served(engine, "connections=2").await;
    let held = [rs1.connect().await, rs1.connect().await];
    rs1.wait_for(|counters| counters.open == 2).await;
    for refused in 1..=3 {
        assert_eq!(rs1.connect().await.end().await, (Vec::new(), End::Rst));
        let counters = rs1.server.counters();
        assert_eq!(
            (counters.refused, counters.connections),
            (refused, 2 + refused)
        );
    }
    drop(held);
    rs1.wait_for(|counters| counters.open == 0).await;
    assert_eq!(rs1.get("/").await.status(), 200);
}

async fn connections_over_the_limit_are_answered_by_503(engine: Engine) {
    let rs1 = served(engine, "connections=1:503").await;
    let mut held = rs1.connect().await;
    rs1.wait_for(|counters| counters.open == 1).await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    let response = raw.response().await;
    assert_eq!(
        (response.status(), response.header("connection")),
        (503, Some("close"))
    );
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    held.get("/").await;
    assert_eq!(held.response().await.status(), 200);
    let counters = rs1.server.counters();
    assert_eq!(
        (counters.refused, counters.open, counters.requests),
        (1, 1, 2)
    );
}

async fn connections_over_the_limit_wait_for_a_place(engine: Engine) {
    let rs1 = served(engine, "connections=1:wait").await;
    let mut first = rs1.connect().await;
    first.get("/").await;
    first.response().await;
    let mut second = rs1.connect().await;
    second.get("/").await;
    first.get("/").await;
    first.response().await;
    assert_eq!(rs1.server.counters().connections, 1);
    drop(first);
    assert_eq!(second.response().await.status(), 200);
    let counters = rs1.server.counters();
    assert_eq!(
        (counters.connections, counters.refused, counters.requests),
        (2, 0, 3)
    );
}

async fn a_limit_of_zero_refuses_everybody(engine: Engine) {
    let rs1 = served(engine, "connections=0").await;
    for _ in 0..5 {
        assert_eq!(rs1.connect().await.end().await, (Vec::new(), End::Rst));
    }
    assert_eq!(rs1.server.counters().refused, 5);
}

async fn the_limit_holds_over_all_listeners(engine: Engine) {
    let rs1 = served(engine, "connections=1").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = listener.local_addr().unwrap();
    tokio::spawn(Arc::clone(&rs1.server).serve(listener));
    let _held = rs1.connect().await;
    rs1.wait_for(|counters| counters.open == 1).await;
    let stream = tokio::net::TcpStream::connect(other).await.unwrap();
    assert_eq!(
        crate::raw::Raw::new(stream).end().await,
        (Vec::new(), End::Rst)
    );
}

async fn the_last_response_of_a_connection_says_so(engine: Engine) {
    let rs1 = served(engine, "requests-per-connection=3").await;
    let mut raw = rs1.connect().await;
    for request in 1..=3 {
        raw.get("/").await;
        let closes = (request == 3).then_some("close");
        assert_eq!(raw.response().await.header("connection"), closes);
    }
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
}

async fn a_client_of_http_1_0_is_limited_too(engine: Engine) {
    let rs1 = served(engine, "requests-per-connection=2").await;
    let mut raw = rs1.connect().await;
    for request in 1..=2 {
        raw.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            .await;
        let kept = raw.response().await.header("connection") == Some("keep-alive");
        assert_eq!(kept, request == 1);
    }
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
}

async fn an_idle_connection_is_closed_without_a_word(engine: Engine) {
    let rs1 = served(engine, "idle-timeout=50ms").await;
    let start = Instant::now();
    assert_eq!(rs1.connect().await.end().await, (Vec::new(), End::Fin));
    assert!(start.elapsed() >= Duration::from_millis(50));
}

async fn a_kept_connection_is_closed_when_it_idles(engine: Engine) {
    let rs1 = served(engine, "idle-timeout=500ms").await;
    let mut raw = rs1.connect().await;
    let mut start = Instant::now();
    for _ in 0..3 {
        start = Instant::now();
        raw.get("/").await;
        assert_eq!(raw.response().await.status(), 200);
    }
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    assert!(start.elapsed() >= Duration::from_millis(500));
}

async fn a_head_that_trickles_in_is_cut_off(engine: Engine) {
    let rs1 = served(engine, "idle-timeout=20ms").await;
    let mut raw = rs1.connect().await;
    let trickle = async {
        raw.send("GET / HTTP/1.1\r\nx: ").await;
        while raw.stream.write_all(b"y").await.is_ok() && raw.stream.try_read(&mut [0]).is_err() {
            yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, trickle).await.unwrap();
    rs1.wait_for(|counters| counters.open == 0).await;
    assert_eq!(rs1.server.counters().requests, 0);
}

async fn a_body_that_does_not_come_is_cut_off(engine: Engine) {
    let rs1 = served(engine, "idle-timeout=50ms").await;
    let mut raw = rs1.connect().await;
    raw.send("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nfive.")
        .await;
    assert_eq!(raw.end().await.0, b"");
    assert_eq!(rs1.server.counters().requests, 0);
}

async fn a_slow_accept_lets_connections_wait(engine: Engine) {
    let rs1 = served(engine, "accept-delay=30ms").await;
    let start = Instant::now();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut raw = rs1.connect().await;
        raw.get("/").await;
        waiting.push(raw);
    }
    for (before, mut raw) in waiting.into_iter().enumerate() {
        assert_eq!(raw.response().await.status(), 200);
        let least = Duration::from_millis(30) * u32::try_from(before + 1).unwrap();
        assert!(start.elapsed() >= least);
    }
}
