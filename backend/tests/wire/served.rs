//! Real servers on loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use backend::{Configuration, Counters, Engine, RealServer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use crate::raw::{Raw, Response};

/// Longer than any wait of a test that passes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Served {
    pub(crate) server: Arc<RealServer>,
    pub(crate) address: SocketAddr,
    pub(crate) task: JoinHandle<()>,
}

/// The server rs1 with seed 1, this engine and this behaviour.
pub(crate) async fn served(engine: Engine, behaviour: &str) -> Served {
    let behaviour = behaviour.parse().unwrap();
    let server = RealServer::configured(
        "rs1",
        Configuration {
            behaviour,
            seed: 1,
            engine,
        },
    )
    .unwrap();
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
    pub(crate) async fn connect(&self) -> Raw {
        Raw::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// The response to one GET on its own connection.
    pub(crate) async fn get(&self, path: &str) -> Response {
        let mut raw = self.connect().await;
        raw.send(format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        ))
        .await;
        raw.response().await
    }

    pub(crate) async fn wait_for(&self, condition: impl Fn(Counters) -> bool) {
        let waiting = async {
            while !condition(self.server.counters()) {
                yield_now().await;
            }
        };
        let met = timeout(DEADLINE, waiting).await;
        assert!(
            met.is_ok(),
            "the counters stay {:?}",
            self.server.counters()
        );
    }
}
