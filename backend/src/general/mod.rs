//! Everything that hyper understands: HTTP/1 in all its oddities, and HTTP/2 with prior knowledge.

mod answer;
mod payload;
mod wire;

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use self::wire::{Scissors, Wire};
use crate::idle::IdleTimer;
use crate::visit::Visit;

/// What a client of HTTP/2 sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection's visit, and how its requests end it.
struct Shared {
    visit: Mutex<Visit>,
    scissors: Arc<Scissors>,
    /// Told by the last request of an HTTP/2 connection.
    last: Notify,
}

/// Serves a connection to its end, of which `read` was read already.
pub(crate) async fn serve(mut stream: TcpStream, mut read: Vec<u8>, visit: Visit) {
    let idle = visit.behaviour().keep_alive.idle;
    let mut timer = IdleTimer::default();
    timer.start(idle);
    let fresh = visit.asked() == 0;
    while fresh && read.len() < PREFACE.len() && PREFACE.starts_with(&read) {
        let more = tokio::select! {
            more = stream.read_buf(&mut read) => more,
            () = timer.elapsed() => return,
        };
        if !matches!(more, Ok(bytes) if bytes > 0) {
            break;
        }
    }
    // Frames and chunks are small writes; without it each would wait for the client to acknowledge
    // the one before. If it fails the responses are as right, only later.
    let _ = stream.set_nodelay(true);
    let drained = visit.server().drained();
    let shared = Arc::new(Shared {
        visit: Mutex::new(visit),
        scissors: Arc::default(),
        last: Notify::new(),
    });
    let second = fresh && read.starts_with(PREFACE);
    let wire = Wire::new(stream, read, Arc::clone(&shared.scissors));
    let service = service_fn(|request| answer::answer(Arc::clone(&shared), request));
    if second {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .serve_connection(wire, service);
        drive(pin!(connection), drained, &shared).await;
    } else {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle)
            .serve_connection(wire, service);
        drive(pin!(connection), drained, &shared).await;
    }
}

/// Runs a connection to its end, which is near once it is drained or its last request has come.
async fn drive<C>(mut connection: Pin<&mut C>, drained: impl Future<Output = ()>, shared: &Shared)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let ending = async {
        tokio::select! { () = drained => {}, () = shared.last.notified() => {} }
    };
    let end = tokio::select! {
        biased;
        end = &mut connection => end,
        () = ending => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if end.is_err_and(|error| error.is_parse()) {
        answer::locked(&shared.visit).server().tally.malformed();
    }
}
