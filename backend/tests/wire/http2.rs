//! HTTP/2 with prior knowledge, by hyper's own client.

use backend::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::by_both_engines;
use crate::served::{Served, served};

by_both_engines!(
    requests_of_one_connection_are_answered,
    a_reset_ends_the_stream,
    the_last_request_ends_the_connection,
    draining_ends_the_connection,
);

async fn connect(rs1: &Served) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(rs1.address).await.unwrap();
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

async fn get(
    client: &mut SendRequest<Empty<Bytes>>,
    path: &str,
) -> hyper::Result<Response<Incoming>> {
    let uri = format!("http://x{path}");
    client.ready().await?;
    client
        .send_request(Request::get(uri).body(Empty::new()).unwrap())
        .await
}

async fn requests_of_one_connection_are_answered(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut client = connect(&rs1).await;
    for length in [0, 1, 100_000] {
        let response = get(&mut client, &format!("/bytes/{length}")).await.unwrap();
        assert_eq!(response.headers()["x-real-server"], "rs1");
        assert_eq!(
            response
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .len(),
            length
        );
    }
    let counters = rs1.server.counters();
    assert_eq!((counters.connections, counters.requests), (1, 3));
}

async fn a_reset_ends_the_stream(engine: Engine) {
    let rs1 = served(engine, "size=1000 reset=100%@10").await;
    let mut client = connect(&rs1).await;
    for resets in 1..=2 {
        let response = get(&mut client, "/").await.unwrap();
        assert!(response.into_body().collect().await.is_err());
        assert_eq!(rs1.server.counters().resets, resets);
    }
    rs1.server
        .set_behaviour("reset=100%@request".parse().unwrap());
    assert!(get(&mut client, "/").await.is_err());
    assert_eq!(rs1.server.counters().connections, 1);
}

async fn the_last_request_ends_the_connection(engine: Engine) {
    let rs1 = served(engine, "requests-per-connection=2").await;
    let mut client = connect(&rs1).await;
    for _ in 0..2 {
        let response = get(&mut client, "/").await.unwrap();
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "rs1\n"
        );
    }
    rs1.wait_for(|counters| counters.open == 0).await;
}

async fn draining_ends_the_connection(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut client = connect(&rs1).await;
    get(&mut client, "/").await.unwrap();
    rs1.server.drain();
    rs1.wait_for(|counters| counters.open == 0).await;
}
