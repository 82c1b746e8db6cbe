//! Client and server count the same.

use backend::Engine;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::by_both_engines;
use crate::raw::Raw;
use crate::served::served;

by_both_engines!(what_the_server_counts_is_what_its_clients_saw);

#[derive(Default)]
struct Seen {
    success: u64,
    client_error: u64,
    server_error: u64,
    resets: u64,
    bytes: u64,
}

async fn what_the_server_counts_is_what_its_clients_saw(engine: Engine) {
    const CLIENTS: usize = 20;
    const REQUESTS: usize = 25;
    let rs1 = served(
        engine,
        "size=uniform:1..3000 errors=503:10%,404:5% reset=10%@request",
    )
    .await;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let address = rs1.address;
        clients.spawn(async move {
            let (mut seen, mut connections) = (Seen::default(), 0);
            let mut raw: Option<Raw> = None;
            for _ in 0..REQUESTS {
                if raw.is_none() {
                    connections += 1;
                    raw = Some(Raw::new(TcpStream::connect(address).await.unwrap()));
                }
                let Some(client) = &mut raw else { continue };
                client.get("/").await;
                let Some(response) = client.response_or_reset().await else {
                    seen.resets += 1;
                    raw = None;
                    continue;
                };
                seen.bytes += response.body.len() as u64;
                *match response.status() {
                    200 => &mut seen.success,
                    404 => &mut seen.client_error,
                    _ => &mut seen.server_error,
                } += 1;
            }
            (seen, connections)
        });
    }
    let (mut all, mut connections) = (Seen::default(), 0);
    while let Some(client) = clients.join_next().await {
        let (seen, own) = client.unwrap();
        all.success += seen.success;
        all.client_error += seen.client_error;
        all.server_error += seen.server_error;
        all.resets += seen.resets;
        all.bytes += seen.bytes;
        connections += own;
    }
    rs1.wait_for(|counters| counters.open == 0).await;
    let counters = rs1.server.counters();
    assert_eq!(counters.connections, connections);
    assert_eq!(counters.requests, (CLIENTS * REQUESTS) as u64);
    assert_eq!(counters.responses.success, all.success);
    assert_eq!(counters.responses.client_error, all.client_error);
    assert_eq!(counters.responses.server_error, all.server_error);
    assert_eq!(counters.resets, all.resets);
    assert_eq!(counters.bytes, all.bytes);
    assert_eq!(
        counters.responses.total() + counters.resets,
        counters.requests
    );
    assert!(all.resets > 0 && all.server_error > 0, "chance has struck");
}
