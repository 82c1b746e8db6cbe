//! Requests that no browser sends.

use backend::Engine;

use crate::by_both_engines;
use crate::raw::{End, Raw};
use crate::served::{Served, served};

by_both_engines!(
    garbage_is_answered_by_400_and_counted,
    an_endless_head_is_answered_by_431,
    as_many_headers_as_hyper_takes_are_taken,
    pipelined_requests_are_answered_in_order,
    bodies_are_passed_over_between_pipelined_requests,
    a_request_in_single_bytes_is_answered,
    an_expectation_is_met_before_the_body_is_sent,
    a_chunked_request_body_is_passed_over,
    a_broken_chunk_ends_the_connection,
    a_body_larger_than_every_buffer_is_passed_over,
    targets_in_absolute_form_are_served,
    odd_requests_among_plain_ones_share_one_connection,
    a_client_that_closes_in_the_middle_of_a_request_is_not_counted,
    mutated_requests_do_no_harm,
);

async fn plain(rs1: &Served) -> Raw {
    rs1.connect().await
}

async fn garbage_is_answered_by_400_and_counted(engine: Engine) {
    let rs1 = served(engine, "").await;
    for garbage in [
        "\0\x01\x02\x03\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.9\r\n\r\n",
        "\x16\x03\x01 tls",
    ] {
        let mut raw = plain(&rs1).await;
        raw.send(garbage).await;
        assert_eq!(raw.response().await.status(), 400, "{garbage:?}");
    }
    rs1.wait_for(|counters| counters.open == 0).await;
    let counters = rs1.server.counters();
    assert_eq!(
        (counters.malformed, counters.requests, counters.connections),
        (4, 0, 4)
    );
}

async fn an_endless_head_is_answered_by_431(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.send(format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(200)))
        .await;
    raw.send("\r\n").await;
    assert_eq!(raw.response().await.status(), 431);
    assert_eq!(rs1.get("/").await.status(), 200);
}

async fn as_many_headers_as_hyper_takes_are_taken(engine: Engine) {
    let rs1 = served(engine, "").await;
    for headers in [60, 70, 100] {
        let mut raw = plain(&rs1).await;
        raw.send(format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(headers)
        ))
        .await;
        assert_eq!(raw.response().await.status(), 200, "{headers}");
    }
    let mut raw = plain(&rs1).await;
    raw.send(format!(
        "GET / HTTP/1.1\r\na: {}\r\n\r\n",
        "b".repeat(100_000)
    ))
    .await;
    assert_eq!(raw.response().await.status(), 200);
}

async fn pipelined_requests_are_answered_in_order(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    let requests: Vec<String> = (0..300)
        .map(|length| format!("GET /bytes/{length} HTTP/1.1\r\n\r\n"))
        .collect();
    raw.send(requests.concat()).await;
    for length in 0..300 {
        assert_eq!(raw.response().await.body.len(), length);
    }
    assert_eq!(rs1.server.counters().requests, 300);
}

async fn bodies_are_passed_over_between_pipelined_requests(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    for method in ["POST", "PUT", "GET", "DELETE"] {
        let body = "GET /nothing HTTP/1.1\r\n\r\n";
        let length = body.len();
        raw.send(format!(
            "{method} / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await;
    }
    for _ in 0..4 {
        assert_eq!(raw.response().await.status(), 200);
    }
}

async fn a_request_in_single_bytes_is_answered(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.stream.set_nodelay(true).unwrap();
    for byte in *b"POST /bytes/7 HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc" {
        raw.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.response().await.body, b"xxxxxxx");
}

async fn an_expectation_is_met_before_the_body_is_sent(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.send("POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
        .await;
    assert_eq!(raw.until("\r\n\r\n").await, "HTTP/1.1 100 Continue");
    assert_eq!(rs1.server.counters().requests, 0);
    raw.send("abc").await;
    assert_eq!(raw.response().await.status(), 200);
}

async fn a_chunked_request_body_is_passed_over(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    let head = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
    raw.send(format!(
        "{head}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\ntrailer: z\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.response().await.status(), 200);
    raw.get("/bytes/5").await;
    assert_eq!(raw.response().await.body, b"xxxxx");
    assert_eq!(rs1.server.counters().requests, 2);
}

async fn a_broken_chunk_ends_the_connection(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.send("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nnumber\r\n")
        .await;
    raw.end().await;
    rs1.wait_for(|counters| counters.open == 0).await;
    let counters = rs1.server.counters();
    assert_eq!((counters.requests, counters.malformed), (0, 1));
}

async fn a_body_larger_than_every_buffer_is_passed_over(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.send("POST / HTTP/1.1\r\ncontent-length: 3000000\r\n\r\n")
        .await;
    raw.send(vec![b'y'; 3_000_000]).await;
    assert_eq!(raw.response().await.status(), 200);
}

async fn targets_in_absolute_form_are_served(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = plain(&rs1).await;
    raw.get("http://example.org/bytes/3?a=b").await;
    assert_eq!(raw.response().await.body, b"xxx");
    raw.get("http://example.org").await;
    assert_eq!(raw.response().await.text(), "rs1\n");
}

async fn odd_requests_among_plain_ones_share_one_connection(engine: Engine) {
    let rs1 = served(engine, "requests-per-connection=3").await;
    let mut raw = plain(&rs1).await;
    let odd = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    raw.send(format!("GET / HTTP/1.1\r\n\r\n{odd}GET / HTTP/1.1\r\n\r\n"))
        .await;
    for request in 1..=3 {
        let closes = (request == 3).then_some("close");
        assert_eq!(
            raw.response().await.header("connection"),
            closes,
            "{request}"
        );
    }
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    assert_eq!(rs1.server.counters().connections, 1);
}

async fn a_client_that_closes_in_the_middle_of_a_request_is_not_counted(engine: Engine) {
    let rs1 = served(engine, "").await;
    for part in ["GET / HT", "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab"] {
        let mut raw = plain(&rs1).await;
        raw.send(part).await;
    }
    rs1.wait_for(|counters| counters.connections == 2 && counters.open == 0)
        .await;
    assert_eq!(rs1.server.counters().requests, 0);
}

/// A task that panics would take its connection from the runtime, not from the count of open ones:
/// the count returns to zero only if every connection ends in order.
async fn mutated_requests_do_no_harm(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut rng = fastrand::Rng::with_seed(5);
    for _ in 0..300 {
        let mut bytes = b"POST /bytes/9 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
                          content-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            .to_vec();
        for _ in 0..rng.usize(1..6) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..3) {
                0 => bytes[at] = rng.u8(..),
                1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut raw = plain(&rs1).await;
        raw.send(bytes).await;
    }
    rs1.wait_for(|counters| counters.connections == 300 && counters.open == 0)
        .await;
    assert_eq!(rs1.get("/").await.text(), "rs1\n");
}
