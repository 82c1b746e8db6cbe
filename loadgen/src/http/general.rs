//! The general path: hyper, for HTTP/2, TLS, and as the oracle of the lean path.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::answer::Answer;
use super::response::{MAX_HEAD, MAX_HEADERS, Witness};
use super::wire::Carrier;
use crate::Protocol;
use crate::cause::Cause;
use crate::engine::{Phase, Slot};

type Io = TokioIo<Carrier>;
type RequestBody = Full<Bytes>;

pub(crate) struct General {
    sender: Sender,
    driver: Driver,
    /// The peer has answered before it had the whole request.
    out_of_step: bool,
}

enum Sender {
    One(http1::SendRequest<RequestBody>),
    Two(http2::SendRequest<RequestBody>),
}

impl General {
    pub(crate) async fn open(carrier: Carrier, protocol: Protocol) -> Result<Self, Cause> {
        let io = TokioIo::new(carrier);
        if protocol == Protocol::Http2 {
            return Self::open_2(io).await;
        }
        // The same leniency and limits as `response.rs`.
        let (sender, connection) = http1::Builder::new()
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(io)
            .await?;
        Ok(Self {
            sender: Sender::One(sender),
            driver: Driver::One {
                running: Some(Box::new(connection)),
                ended: None,
            },
            out_of_step: false,
        })
    }

    async fn open_2(io: Io) -> Result<Self, Cause> {
        let tasks = Tasks::default();
        let (sender, connection) = http2::Builder::new(tasks.clone()).handshake(io).await?;
        let running = Box::pin(async move {
            let _ = connection.await;
        });
        Ok(Self {
            sender: Sender::Two(sender),
            driver: Driver::Two {
                running: Some(running),
                tasks,
            },
            out_of_step: false,
        })
    }

    pub(crate) async fn exchange(
        &mut self,
        slot: &Slot,
        request: Request<RequestBody>,
        answer: &mut Answer,
    ) -> Result<(), Cause> {
        slot.enter(Phase::Send);
        let sender = &mut self.sender;
        self.driver
            .beside(async {
                let response = match sender {
                    Sender::One(sender) => sender.send_request(request).await?,
                    Sender::Two(sender) => sender.send_request(request).await?,
                };
                receive(response, slot, answer).await
            })
            .await?;
        self.out_of_step = slot.is_early();
        Ok(())
    }

    /// Whether the connection can carry another request: neither side asked to close it.
    pub(crate) async fn is_reusable(&mut self) -> bool {
        if self.out_of_step {
            return false;
        }
        let sender = &mut self.sender;
        self.driver
            .beside(async {
                match sender {
                    Sender::One(sender) => sender.ready().await.is_ok(),
                    Sender::Two(sender) => sender.ready().await.is_ok(),
                }
            })
            .await
    }

    /// Waits until the peer has closed. An HTTP/2 connection has no end that the server is asked
    /// for: it is closed by the client.
    pub(crate) async fn closed_by_peer(self) {
        if !self.out_of_step {
            self.driver.closed_by_peer().await;
        }
    }
}

/// Reads a response to its end.
async fn receive(
    response: Response<Incoming>,
    slot: &Slot,
    answer: &mut Answer,
) -> Result<(), Cause> {
    let (head, mut body) = response.into_parts();
    slot.begins_answer();
    slot.enter(Phase::Body);
    answer.status(head.status.as_u16());
    for (name, value) in &head.headers {
        answer.header(name.as_str(), value.as_bytes());
    }
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            answer.body(data);
        }
    }
    Ok(())
}

/// hyper's half of the connection, which does the I/O. It is polled beside whatever waits for it,
/// so that no task is spawned for a connection.
enum Driver {
    One {
        running: Option<Box<http1::Connection<Io, RequestBody>>>,
        /// The bare stream, once hyper has done with it. hyper has not shut it down, so the peer
        /// may still close first.
        ended: Option<Carrier>,
    },
    Two {
        running: Option<Pin<Box<dyn Future<Output = ()>>>>,
        tasks: Tasks,
    },
}

impl Driver {
    /// Ready when the connection has ended. Its channels are dropped then, so that nobody waits
    /// in vain; those who waited have been given its error.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::One { running, ended } => {
                if let Some(connection) = running {
                    // One that has failed is closed at once: the peer has no reason to close it.
                    let is_sound = ready!(connection.poll_without_shutdown(cx)).is_ok();
                    *ended = running
                        .take()
                        .filter(|_| is_sound)
                        .map(|connection| connection.into_parts().io.into_inner());
                }
            }
            Self::Two { running, tasks } => {
                tasks.poll(cx);
                if let Some(connection) = running {
                    let polled = connection.as_mut().poll(cx);
                    // The connection may have handed over new tasks.
                    tasks.poll(cx);
                    ready!(polled);
                    *running = None;
                }
            }
        }
        Poll::Ready(())
    }

    /// Completes `work`, which needs this connection's I/O.
    async fn beside<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let _ = self.poll(cx);
            let output = work.as_mut().poll(cx);
            if output.is_pending() {
                // What `work` has just asked for is to be written now.
                let _ = self.poll(cx);
            }
            output
        })
        .await
    }

    async fn closed_by_peer(mut self) {
        if matches!(self, Self::Two { .. }) {
            return;
        }
        poll_fn(|cx| self.poll(cx)).await;
        if let Self::One {
            ended: Some(carrier),
            ..
        } = self
        {
            carrier.closed_by_peer().await;
        }
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks of an HTTP/2 connection.
#[derive(Clone, Default)]
struct Tasks(Rc<RefCell<Vec<Task>>>);

impl Tasks {
    fn poll(&self, cx: &mut Context<'_>) {
        // A task may hand over another while it is polled.
        let mut tasks = self.0.take();
        tasks.retain_mut(|task| task.as_mut().poll(cx).is_pending());
        self.0.borrow_mut().append(&mut tasks);
    }
}

impl<F: Future<Output = ()> + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.borrow_mut().push(Box::pin(task));
    }
}
