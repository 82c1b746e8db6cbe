//! Both engines answer the same bytes the same.

use backend::Engine;

use crate::raw::End;
use crate::served::served;

/// Requests on a connection of their own, the last of which ends it.
const CONVERSATIONS: &[&str] = &[
    "GET / HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: Close\r\n\r\n",
    "GET / HTTP/1.1\r\nconnection: upgrade, close\r\n\r\n",
    "HEAD /bytes/100 HTTP/1.1\r\n\r\nGET /bytes/5 HTTP/1.1\r\nconnection: close\r\n\r\n",
    "HEAD / HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.0\r\ncontent-length: 3\r\n\r\nabc",
    "PURGE /x HTTP/1.1\r\nconnection: close\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET /nothing?x#y HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET /bytes/x HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET /bytes/70000 HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET /%2e/\"<> HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET /\u{e9} HTTP/1.1\r\nconnection: close\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET / HTTP/1.1\nconnection: close\n\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nname : value\r\n\r\n",
    "GET / HTTP/1.1\r\nname: value\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\n: value\r\n\r\n",
    "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    "GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    "GET / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
    "CONNECT x:80 HTTP/1.1\r\nconnection: close\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "get / http/1.1\r\n\r\n",
];

const BEHAVIOURS: &[&str] = &[
    "",
    "size=10 chunked=3",
    "errors=204:30%,304:20%,503:50%",
    "requests-per-connection=1",
    "reset=100%@3",
    "reset=100%@request",
    "connections=0:503",
];

/// All that comes back, with the head's lines in order and without their dates.
async fn answer(engine: Engine, behaviour: &str, conversation: &str) -> (Vec<String>, End) {
    let rs1 = served(engine, behaviour).await;
    let mut raw = rs1.connect().await;
    raw.send(conversation).await;
    let (bytes, end) = raw.end().await;
    let text = String::from_utf8(bytes).unwrap();
    let undated = text
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("date: "));
    let mut blocks = vec![Vec::new()];
    for line in undated {
        blocks.last_mut().unwrap().push(line);
        if line == "\r\n" {
            blocks.push(Vec::new());
        }
    }
    let sorted = blocks.into_iter().map(|mut block| {
        block.sort_unstable();
        block.concat()
    });
    (sorted.collect(), end)
}

#[tokio::test]
async fn both_engines_answer_alike() {
    for behaviour in BEHAVIOURS {
        for conversation in CONVERSATIONS {
            let lean = answer(Engine::Lean, behaviour, conversation).await;
            let hyper = answer(Engine::Hyper, behaviour, conversation).await;
            assert_eq!(lean, hyper, "{behaviour:?} {conversation:?}");
        }
    }
}

#[tokio::test]
async fn both_engines_draw_the_same_fates() {
    let mut fates = Vec::new();
    for engine in [Engine::Lean, Engine::Hyper] {
        let rs1 = served(engine, "errors=503:50%,404:10% size=uniform:0..9").await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            let mut raw = rs1.connect().await;
            for _ in 0..16 {
                raw.get("/").await;
                let response = raw.response().await;
                seen.push((response.status(), response.body));
            }
        }
        fates.push(seen);
    }
    assert_eq!(fates[0], fates[1]);
    assert!(fates[0].iter().any(|(status, _)| *status == 200));
}

#[tokio::test]
async fn both_engines_count_alike() {
    let mut counts = Vec::new();
    for engine in [Engine::Lean, Engine::Hyper] {
        let rs1 = served(engine, "errors=503:20%").await;
        for conversation in CONVERSATIONS {
            let mut raw = rs1.connect().await;
            raw.send(conversation).await;
            raw.end().await;
        }
        rs1.wait_for(|counters| counters.open == 0).await;
        counts.push(rs1.server.counters());
    }
    assert_eq!(counts[0], counts[1]);
}
