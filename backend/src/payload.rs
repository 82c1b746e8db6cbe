//! Response bodies that are never copied.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

static FILLER: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// A chunk, repeated until `left` bytes are sent.
#[derive(Debug)]
pub(crate) struct Payload {
    chunk: Bytes,
    left: u64,
}

impl Payload {
    /// The given bytes, once.
    pub(crate) fn once(chunk: Bytes) -> Self {
        let left = chunk.len() as u64;
        Self { chunk, left }
    }

    /// `length` bytes of no meaning.
    pub(crate) fn filler(length: u64) -> Self {
        Self {
            chunk: Bytes::from_static(&FILLER),
            left: length,
        }
    }

    /// What is still to be sent, in bytes.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let take = usize::try_from(self.left).map_or(self.chunk.len(), |n| n.min(self.chunk.len()));
        self.left -= take as u64;
        Poll::Ready(Some(Ok(Frame::data(self.chunk.slice(..take)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
