//! Coming to an end without losing anything.

use backend::Engine;
use tokio::time::timeout;

use crate::by_both_engines;
use crate::raw::End;
use crate::served::{DEADLINE, Served, served};

by_both_engines!(
    idle_connections_are_closed,
    what_is_being_answered_is_finished,
    a_connection_that_has_not_asked_yet_is_answered_once,
    connections_in_the_backlog_are_answered,
    no_new_connections_are_accepted,
    a_server_without_connections_ends_at_once,
);

async fn ended(rs1: Served) {
    timeout(DEADLINE, rs1.task)
        .await
        .expect("serving ends")
        .unwrap();
    assert_eq!(rs1.server.counters().open, 0);
}

async fn idle_connections_are_closed(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    assert_eq!(raw.response().await.status(), 200);
    rs1.server.drain();
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    ended(rs1).await;
}

async fn what_is_being_answered_is_finished(engine: Engine) {
    let rs1 = served(engine, "delay=50ms").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    rs1.wait_for(|counters| counters.requests == 1).await;
    rs1.server.drain();
    let response = raw.response().await;
    assert_eq!((response.status(), response.text()), (200, "rs1\n"));
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    ended(rs1).await;
}

async fn a_connection_that_has_not_asked_yet_is_answered_once(engine: Engine) {
    let rs1 = served(engine, "").await;
    let mut raw = rs1.connect().await;
    rs1.wait_for(|counters| counters.open == 1).await;
    rs1.server.drain();
    raw.get("/").await;
    assert_eq!(raw.response().await.header("connection"), Some("close"));
    assert_eq!(raw.end().await, (Vec::new(), End::Fin));
    ended(rs1).await;
}

async fn connections_in_the_backlog_are_answered(engine: Engine) {
    let rs1 = served(engine, "accept-delay=1h").await;
    let mut raws = [rs1.connect().await, rs1.connect().await];
    for raw in &mut raws {
        raw.get("/").await;
    }
    rs1.server.drain();
    for raw in &mut raws {
        assert_eq!(raw.response().await.status(), 200);
    }
    assert_eq!(rs1.server.counters().connections, 2);
    ended(rs1).await;
}

async fn no_new_connections_are_accepted(engine: Engine) {
    let rs1 = served(engine, "delay=100ms").await;
    let mut raw = rs1.connect().await;
    raw.get("/").await;
    rs1.wait_for(|counters| counters.requests == 1).await;
    rs1.server.drain();
    // The listener closes when its task runs next; the kernel refuses from then on.
    let refused = async {
        while tokio::net::TcpStream::connect(rs1.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, refused).await.unwrap();
    assert_eq!(raw.response().await.status(), 200);
    rs1.wait_for(|counters| counters.responses.total() == 1)
        .await;
}

async fn a_server_without_connections_ends_at_once(engine: Engine) {
    let rs1 = served(engine, "connections=0:wait").await;
    rs1.server.drain();
    ended(rs1).await;
}
