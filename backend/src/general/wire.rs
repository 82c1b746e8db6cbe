//! The socket as hyper sees it: with what was read before, and a cut when one is due.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::serve::reset_on_close;

/// Cuts a connection: once closed, the next flush fails and the socket is reset.
#[derive(Debug, Default)]
pub(super) struct Scissors(AtomicBool);

impl Scissors {
    pub(super) fn close(&self) {
        self.0.store(true, Relaxed);
    }

    fn closed(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A socket, and the bytes of it that were read by others.
pub(super) struct Wire {
    socket: TokioIo<TcpStream>,
    read: Vec<u8>,
    start: usize,
    scissors: Arc<Scissors>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, read: Vec<u8>, scissors: Arc<Scissors>) -> Self {
        Self {
            socket: TokioIo::new(stream),
            read,
            start: 0,
            scissors,
        }
    }

    fn socket(&mut self) -> Pin<&mut TokioIo<TcpStream>> {
        Pin::new(&mut self.socket)
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let before = &self.read[self.start..];
        if before.is_empty() {
            return self.socket().poll_read(context, buffer);
        }
        let take = before.len().min(buffer.remaining());
        buffer.put_slice(&before[..take]);
        self.start += take;
        if self.start == self.read.len() {
            self.read = Vec::new();
            self.start = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.socket().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper flushes when all is written, so everything before a cut is on its way here.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.scissors.closed() {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        self.socket().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_shutdown(context)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.scissors.closed() {
            reset_on_close(self.socket.inner());
        }
    }
}
