//! One HTTP/1.1 connection. This is the seam behind which another implementation fits: a worker
//! only opens, exchanges, asks whether it may go on, and waits for the peer's close.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cause::Cause;
use crate::trace::{Phase, Trace};
use crate::wire::Wire;

/// A response that was received to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body_bytes: u64,
    /// Whether it is the first on its connection.
    pub(crate) first: bool,
}

pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
    trace: Rc<Trace>,
    answers: u64,
}

impl Connection {
    /// Opens a connection over the stream that `connect` gives.
    pub(crate) async fn open(
        connect: impl Future<Output = io::Result<TcpStream>>,
        trace: &Rc<Trace>,
    ) -> Result<Self, Cause> {
        trace.enter(Phase::Connect);
        let wire = Wire::new(connect.await?, Rc::clone(trace));
        let (sender, connection) = http1::handshake(TokioIo::new(wire)).await?;
        let driver = Driver {
            running: Some(connection),
            ended: None,
        };
        Ok(Self {
            sender,
            driver,
            trace: Rc::clone(trace),
            answers: 0,
        })
    }

    /// Sends a request and reads the response to its end.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Answer, Cause> {
        self.trace.enter(Phase::Send);
        let response = self.sender.send_request(request);
        let trace = &self.trace;
        let first = self.answers == 0;
        let answer = self.driver.beside(async {
            let (head, body) = response.await?.into_parts();
            trace.enter(Phase::Body);
            let body_bytes = length(body).await?;
            Ok::<_, Cause>(Answer {
                status: head.status,
                headers: head.headers,
                body_bytes,
                first,
            })
        });
        let answer = answer.await?;
        self.answers += 1;
        Ok(answer)
    }

    /// Whether the connection can carry another request: neither side asked to close it.
    pub(crate) async fn is_reusable(&mut self) -> bool {
        self.driver.beside(self.sender.ready()).await.is_ok()
    }

    /// Waits until the peer has closed.
    pub(crate) async fn closed_by_peer(self) {
        self.driver.closed_by_peer().await;
    }
}

/// hyper's half of the connection, which does the I/O. It is polled beside whatever waits for it,
/// so that no task is spawned for a connection.
struct Driver {
    running: Option<http1::Connection<TokioIo<Wire>, Empty<Bytes>>>,
    /// The bare stream, once hyper has done with it. hyper has not shut it down, so the peer may
    /// still close first.
    ended: Option<Wire>,
}

impl Driver {
    /// Ready when the connection has ended. Its channels are dropped then, so that nobody waits
    /// in vain; those who waited have been given its error.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(connection) = &mut self.running {
            let _ = ready!(connection.poll_without_shutdown(cx));
            self.ended = self
                .running
                .take()
                .map(|ended| ended.into_parts().io.into_inner());
        }
        Poll::Ready(())
    }

    /// Completes `work`, which needs this connection's I/O.
    async fn beside<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let _ = self.poll(cx);
            work.as_mut().poll(cx)
        })
        .await
    }

    async fn closed_by_peer(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
        if let Some(wire) = self.ended {
            wire.closed_by_peer().await;
        }
    }
}

/// Reads a body to its end and returns its length in bytes.
async fn length(mut body: Incoming) -> hyper::Result<u64> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, |data| data.len() as u64);
    }
    Ok(length)
}
