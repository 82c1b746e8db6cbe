//! Response bodies for hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::wire::Scissors;
use crate::behaviour::Framing;
use crate::reply::{Content, Reply};

/// How a body that is cut ends.
#[derive(Debug)]
pub(super) enum Cut {
    /// By a reset of the connection, once what was sent before is written.
    Connection(Arc<Scissors>),
    /// By a reset of the stream of HTTP/2.
    Stream,
}

/// A body that is never copied: its piece, again and again.
#[derive(Debug)]
pub(super) struct Payload {
    body: Content,
    sent: u64,
    most: usize,
    framing: Framing,
    cut: Option<(u64, Cut)>,
    /// Whether the connection had its turn to send what is before the cut.
    flushed: bool,
}

impl Payload {
    pub(super) fn new(reply: Reply, cut: impl FnOnce() -> Cut) -> Self {
        let whole = reply.body.piece.len();
        Self {
            sent: 0,
            most: match reply.framing {
                Framing::Length => whole,
                Framing::Chunked(size) => whole.min(size as usize),
            },
            framing: reply.framing,
            cut: reply.reset_after.map(|after| (after, cut())),
            flushed: false,
            body: reply.body,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let end = self
            .cut
            .as_ref()
            .map_or(self.body.length, |(after, _)| *after);
        let left = end - self.sent;
        if left > 0 {
            let take = usize::try_from(left).map_or(self.most, |left| left.min(self.most));
            self.sent += take as u64;
            return Poll::Ready(Some(Ok(Frame::data(self.body.piece.slice(..take)))));
        }
        match &self.cut {
            None => Poll::Ready(None),
            Some((_, Cut::Stream)) if self.flushed => {
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            Some((_, Cut::Stream)) => {
                // h2 forgets the frames of a stream that is reset before they are sent.
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some((_, Cut::Connection(scissors))) => {
                // hyper writes what it has, then flushes, and meets the cut there.
                scissors.close();
                Poll::Pending
            }
        }
    }

    /// A chunked body is asked for its end even if it is empty: it has a last chunk.
    fn is_end_stream(&self) -> bool {
        self.framing == Framing::Length && self.cut.is_none() && self.sent == self.body.length
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            Framing::Length => SizeHint::with_exact(self.body.length - self.sent),
            Framing::Chunked(_) => SizeHint::default(),
        }
    }
}
