//! Accepting connections and serving them.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::RealServer;

/// How long to wait before the next accept when descriptors or memory have run out.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(10);

impl RealServer {
    /// Serves this listener until the returned future is dropped, which also closes its
    /// connections.
    ///
    /// A connection that fails ends alone, and no error of `accept` ends the loop. The future is
    /// `Send` and runs on any tokio runtime with I/O and time, a current-thread one included; one
    /// server may serve many listeners.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(OpenConnection::count(&self), stream));
                    }
                    Err(error) => pause_after(&error).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// Serves one connection to its end. How it ends concerns the client alone.
async fn connection(open: OpenConnection, stream: TcpStream) {
    let server = &*open.0;
    let service = service_fn(|request| async { Ok::<_, Infallible>(server.answer(request).await) });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A connection that the client gave up before it was accepted is no reason to wait.
async fn pause_after(accept: &io::Error) {
    let client_gone = matches!(
        accept.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    );
    if !client_gone {
        tokio::time::sleep(OUT_OF_RESOURCES).await;
    }
}

/// Holds a connection in the count of open ones for as long as it lives.
struct OpenConnection(Arc<RealServer>);

impl OpenConnection {
    fn count(server: &Arc<RealServer>) -> Self {
        server.tally.connection_accepted();
        Self(Arc::clone(server))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.tally.connection_closed();
    }
}
