//! The streams that hyper reads and writes, bare or inside TLS, which note in a [`Slot`] what passes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::engine::{Phase, Slot};

/// A TCP stream whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    slot: Rc<Slot>,
    carries: Carries,
}

/// What passes over a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carries {
    /// HTTP itself.
    Http,
    /// TLS records: the HTTP in them is counted instead, as ab does.
    Records,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, slot: Rc<Slot>, carries: Carries) -> Self {
        Self {
            stream,
            slot,
            carries,
        }
    }

    fn count(&self, http: impl Fn(&Slot, usize), bytes: usize) {
        match self.carries {
            Carries::Http => http(&self.slot, bytes),
            Carries::Records => self.slot.count_records(bytes),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.count(Slot::count_in, buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.count(Slot::count_out, written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.count(Slot::count_out, written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What hyper reads and writes. It notes how far the request has come: not what passes over the
/// wire but what it carries, as TLS has records of its own.
#[derive(Debug)]
pub(crate) struct Carrier {
    stream: Stream,
    slot: Rc<Slot>,
    answers: Answers,
    /// Something was written since the last flush. hyper flushes when it has written all it has.
    unflushed: bool,
}

#[derive(Debug)]
enum Stream {
    Bare(Wire),
    Tls(Box<TlsStream<Wire>>),
}

/// How the beginning of a response is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// By its first byte.
    FirstByte,
    /// By its head: in HTTP/2 a byte can be of anything.
    Head,
}

impl Carrier {
    pub(crate) fn bare(wire: Wire, answers: Answers) -> Self {
        Self {
            slot: Rc::clone(&wire.slot),
            stream: Stream::Bare(wire),
            answers,
            unflushed: false,
        }
    }

    pub(crate) fn tls(stream: TlsStream<Wire>, answers: Answers) -> Self {
        Self {
            slot: Rc::clone(&stream.get_ref().0.slot),
            stream: Stream::Tls(Box::new(stream)),
            answers,
            unflushed: false,
        }
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Reads and discards until the peer has closed, by FIN or RST.
    pub(crate) async fn closed_by_peer(mut self) {
        let mut rest = [0; 512];
        while self.read(&mut rest).await.is_ok_and(|bytes| bytes > 0) {}
    }
}

/// Calls the same method of whichever stream it is.
macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.stream {
            Stream::Bare(inner) => {
                let $stream = Pin::new(inner);
                $call
            }
            Stream::Tls(inner) => {
                let $stream = Pin::new(inner.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Carrier {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(either!(self, stream => stream.poll_read(cx, buf)))?;
        if self.is_tls() {
            self.slot.count_in(buf.filled().len() - before);
        }
        self.slot.hear(&buf.filled()[before..]);
        // Nothing answers a request of which nothing is written.
        let is_asked = self.unflushed || self.slot.phase() != Phase::Send;
        if self.answers == Answers::FirstByte && is_asked && buf.filled().len() > before {
            self.slot.begins_answer();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(either!(self, stream => stream.poll_write(cx, buf)))?;
        if self.is_tls() {
            self.slot.count_out(written);
        }
        self.unflushed = true;
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(either!(self, stream => stream.poll_write_vectored(cx, bufs)))?;
        if self.is_tls() {
            self.slot.count_out(written);
        }
        self.unflushed = true;
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Bare(wire) => wire.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(either!(self, stream => stream.poll_flush(cx)))?;
        if std::mem::take(&mut self.unflushed) {
            self.slot.is_written();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
