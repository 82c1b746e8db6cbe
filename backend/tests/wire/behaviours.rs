//! Each behaviour by itself, as bytes on the wire.

use std::time::{Duration, Instant};

use backend::Engine;

use crate::by_both_engines;
use crate::raw::End;
use crate::served::served;

by_both_engines!(
    bodies_have_the_size_that_was_chosen,
    a_chunked_body_is_the_chunks_and_the_last_chunk,
    a_client_of_http_1_0_gets_no_chunks_but_the_end_of_the_connection,
    head_of_a_chunked_page_has_neither_body_nor_length,
    uniform_sizes_are_within_their_bounds,
    errors_replace_the_page_and_leave_stats_alone,
    statuses_without_body_have_none,
    a_reset_in_mid_body_comes_after_half_of_it,
    a_reset_comes_after_as_many_bytes_as_it_says,
    a_reset_of_a_large_body_is_in_the_middle,
    a_reset_of_a_chunked_body_is_in_the_middle,
    a_reset_in_place_of_a_response_sends_nothing,
    a_response_without_a_body_is_reset_as_a_whole,
    a_response_is_not_sent_before_its_delay,
    a_client_that_leaves_during_a_delay_is_not_answered,
    a_silent_server_reads_and_does_not_answer,
    behaviours_combine,
    a_behaviour_can_be_changed_while_it_serves,
);

async fn bodies_have_the_size_that_was_chosen(engine: Engine) {
    for (size, bytes) in [
        ("0", 0),
        ("1", 1),
        ("1KiB", 1024),
        ("65537", 65537),
        ("3MiB", 3 << 20),
    ] {
        let rs1 = served(engine, &format!("size={size}")).await;
        let response = rs1.get("/").await;
        assert_eq!(response.header("content-length"), Some(&*bytes.to_string()));
        assert!(response.body.len() == bytes && response.body.iter().all(|byte| *byte == b'x'));
        assert_eq!(rs1.server.counters().bytes, bytes as u64);
    }
}

async fn a_chunked_body_is_the_chunks_and_the_last_chunk(engine: Engine) {
    for (size, expected) in [
        ("10", "4\r\nxxxx\r\n4\r\nxxxx\r\n2\r\nxx\r\n0\r\n\r\n"),
        ("8", "4\r\nxxxx\r\n4\r\nxxxx\r\n0\r\n\r\n"),
        ("0", "0\r\n\r\n"),
    ] {
        let rs1 = served(engine, &format!("size={size} chunked=4")).await;
        let mut raw = rs1.connect().await;
        raw.send("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
            .await;
        let head = raw.until("\r\n\r\n").await;
        assert!(head.contains("\r\ntransfer-encoding: chunked"), "{head}");
        let (body, end) = raw.end().await;
        assert_eq!(
            (String::from_utf8(body).unwrap().as_str(), end),
            (expected, End::Fin)
        );
    }
    let rs1 = served(engine, "size=1MiB chunked=64KiB").await;
    assert_eq!(rs1.get("/").await.body.len(), 1 << 20);
}

async fn a_client_of_http_1_0_gets_no_chunks_but_the_end_of_the_connection(engine: Engine) {
    let rs1 = served(engine, "size=10 chunked=4").await;
    let mut raw = rs1.connect().await;
    raw.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        .await;
    let head = raw.until("\r\n\r\n").await;
    for absent in ["transfer-encoding", "content-length"] {
        assert!(!head.contains(absent), "{head}");
    }
    assert_eq!(raw.end().await, (b"xxxxxxxxxx".to_vec(), End::Fin));
}

async fn head_of_a_chunked_page_has_neither_body_nor_length(engine: Engine) {
    let rs1 = served(engine, "size=10 chunked=4").await;
    let mut raw = rs1.connect().await;
    raw.send("HEAD / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await;
    let head = raw.until("\r\n\r\n").await;
    assert!(!head.contains("content-length"), "{head}");
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    assert_eq!(rs1.server.counters().bytes, 0);
}

async fn uniform_sizes_are_within_their_bounds(engine: Engine) {
    let rs1 = served(engine, "size=uniform:10..12").await;
    let mut raw = rs1.connect().await;
    let mut seen = [false; 3];
    // Each size is missed by 100 draws with a probability of 2.5e-18.
    for _ in 0..100 {
        raw.get("/").await;
        seen[raw.response().await.body.len() - 10] = true;
    }
    assert_eq!(seen, [true; 3]);
}

async fn errors_replace_the_page_and_leave_stats_alone(engine: Engine) {
    let rs1 = served(engine, "errors=503:100%").await;
    let response = rs1.get("/").await;
    assert_eq!(
        (response.status(), response.text()),
        (503, "503 Service Unavailable\n")
    );
    assert_eq!(response.header("x-real-server"), Some("rs1"));
    assert_eq!(rs1.get("/stats").await.status(), 200);
    assert_eq!(rs1.get("/metrics").await.status(), 200);
}

async fn statuses_without_body_have_none(engine: Engine) {
    for status in [204, 304] {
        let rs1 = served(engine, &format!("errors={status}:100% chunked=4")).await;
        let mut raw = rs1.connect().await;
        // The next response would start within the body, if there were one.
        raw.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nconnection: close\r\n\r\n")
            .await;
        for _ in 0..2 {
            let response = raw.response().await;
            assert_eq!(response.status(), status);
            assert_eq!(response.header("content-length"), None);
            assert_eq!(response.header("transfer-encoding"), None);
        }
        assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    }
}

async fn a_reset_in_mid_body_comes_after_half_of_it(engine: Engine) {
    let rs1 = served(engine, "size=1000 reset=100%").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    let head = raw.until("\r\n\r\n").await;
    assert!(head.contains("\r\ncontent-length: 1000"), "{head}");
    assert_eq!(raw.end().await, (vec![b'x'; 500], End::Rst));
    let counters = rs1.server.counters();
    assert_eq!(
        (counters.resets, counters.bytes, counters.responses.total()),
        (1, 500, 0)
    );
}

async fn a_reset_comes_after_as_many_bytes_as_it_says(engine: Engine) {
    for (at, bytes) in [
        (0, 0),
        (1, 1),
        (512, 512),
        (999, 999),
        (1000, 999),
        (5000, 999),
    ] {
        let rs1 = served(engine, &format!("size=1000 reset=100%@{at}")).await;
        let mut raw = rs1.connect().await;
        raw.get("/").await;
        raw.until("\r\n\r\n").await;
        assert_eq!(raw.end().await, (vec![b'x'; bytes], End::Rst), "{at}");
    }
}

async fn a_reset_of_a_large_body_is_in_the_middle(engine: Engine) {
    let rs1 = served(engine, "size=4MiB reset=100%").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    raw.until("\r\n\r\n").await;
    let (body, end) = raw.end().await;
    // An RST overtakes what is still in the sender's buffer.
    assert!(
        end == End::Rst && body.len() <= 2 << 20,
        "{end:?} after {}",
        body.len()
    );
    assert_eq!(rs1.server.counters().resets, 1);
}

async fn a_reset_of_a_chunked_body_is_in_the_middle(engine: Engine) {
    let rs1 = served(engine, "size=1000 chunked=100 reset=100%@250").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    raw.until("\r\n\r\n").await;
    let (body, end) = raw.end().await;
    let sent = String::from_utf8_lossy(&body).matches('x').count();
    assert_eq!(
        (sent, end),
        (250, End::Rst),
        "{:?}",
        String::from_utf8_lossy(&body)
    );
}

async fn a_reset_in_place_of_a_response_sends_nothing(engine: Engine) {
    let rs1 = served(engine, "reset=100%@request").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    assert_eq!(raw.end().await, (Vec::new(), End::Rst));
    let counters = rs1.server.counters();
    assert_eq!(
        (counters.requests, counters.resets, counters.bytes),
        (1, 1, 0)
    );
}

async fn a_response_without_a_body_is_reset_as_a_whole(engine: Engine) {
    let rs1 = served(engine, "size=1000 reset=100%").await;
    let mut raw = rs1.connect().await;
    raw.send("HEAD / HTTP/1.1\r\n\r\n").await;
    assert_eq!(raw.end().await, (Vec::new(), End::Rst));
}

async fn a_response_is_not_sent_before_its_delay(engine: Engine) {
    let rs1 = served(engine, "delay=uniform:40ms..60ms").await;
    let mut raw = rs1.connect().await;
    let start = Instant::now();
    for _ in 0..2 {
        raw.get("/").await;
        assert_eq!(raw.response().await.status(), 200);
    }
    assert!(start.elapsed() >= Duration::from_millis(80));
    raw.get("/delay/50").await;
    assert_eq!(raw.response().await.status(), 200);
    assert!(start.elapsed() >= Duration::from_millis(170));
}

async fn a_client_that_leaves_during_a_delay_is_not_answered(engine: Engine) {
    let rs1 = served(engine, "delay=1h").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    rs1.wait_for(|counters| counters.requests == 1).await;
    drop(raw);
    rs1.wait_for(|counters| counters.open == 0).await;
    assert_eq!(rs1.server.counters().responses.total(), 0);
}

async fn a_silent_server_reads_and_does_not_answer(engine: Engine) {
    let rs1 = served(engine, "answers=never").await;
    let mut raw = rs1.connect().await;
    raw.get("/stats").await;
    rs1.wait_for(|counters| counters.requests == 1).await;
    rs1.server.set_answers(backend::Answers::Normally);
    assert_eq!(rs1.get("/").await.text(), "rs1\n");
    let silence = raw.stream.try_read(&mut [0]).unwrap_err();
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
    drop(raw);
    rs1.wait_for(|counters| counters.open == 0).await;
}

async fn behaviours_combine(engine: Engine) {
    let text = "delay=uniform:1ms..2ms size=100 chunked=30 errors=503:30% reset=30%@request \
                connections=1:503 requests-per-connection=2 idle-timeout=60s";
    let rs1 = served(engine, text).await;
    let mut ends = [0; 4];
    for _ in 0..60 {
        let mut raw = rs1.connect().await;
        raw.send("GET / HTTP/1.1\r\n\r\n").await;
        let kind = match raw.until_or_reset("0\r\n\r\n").await {
            None => 0,
            Some(response) if response.contains(" 503 ") => 1,
            Some(response) if response.contains(" 200 ") => 2,
            Some(_) => 3,
        };
        ends[kind] += 1;
        drop(raw);
        rs1.wait_for(|counters| counters.open == 0).await;
    }
    // Each of the three has a probability of at least 0.3: 60 draws miss one with 5e-10.
    assert!(
        ends[..3].iter().all(|count| *count > 0) && ends[3] == 0,
        "{ends:?}"
    );
    let counters = rs1.server.counters();
    assert_eq!(counters.resets, ends[0]);
    assert_eq!(counters.responses.server_error, ends[1]);
    assert_eq!(counters.responses.success, ends[2]);
}

async fn a_behaviour_can_be_changed_while_it_serves(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    assert_eq!(raw.response().await.text(), "rs1\n");
    rs1.server.set_behaviour("errors=404:100%".parse().unwrap());
    raw.get("/").await;
    assert_eq!(raw.response().await.status(), 404);
    assert_eq!(rs1.server.behaviour().to_string(), "errors=404:1");
}
