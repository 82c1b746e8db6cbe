//! The lean path: HTTP/1 without TLS. Request bytes are prepared, all connections of a thread read
//! into one buffer, and a response that comes in one piece allocates nothing.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::answer::Answer;
use super::prepared::{More, Prepared};
use super::response::{Decoder, End};
use crate::cause::Cause;
use crate::engine::{Phase, Slot};

/// What all connections of a thread read into; nothing in it outlives one poll.
pub(crate) struct ReadBuffer(RefCell<Box<[u8]>>);

impl ReadBuffer {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(vec![0; 64 * 1024].into_boxed_slice()))
    }
}

pub(crate) struct Lean {
    stream: TcpStream,
    decoder: Decoder,
    /// The peer has closed.
    at_end: bool,
    /// The peer has sent what nobody asked for.
    surplus: bool,
}

impl Lean {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            decoder: Decoder::default(),
            at_end: false,
            surplus: false,
        }
    }

    pub(crate) async fn exchange(
        &mut self,
        buffer: &ReadBuffer,
        slot: &Slot,
        prepared: &Prepared,
        more: More,
        answer: &mut Answer,
    ) -> Result<(), Cause> {
        slot.enter(Phase::Send);
        self.write(slot, prepared.wire(more)).await?;
        self.decoder.next(prepared.body);
        poll_fn(|cx| self.poll_response(cx, buffer, slot, answer)).await
    }

    pub(crate) fn is_reusable(&self) -> bool {
        self.decoder.keep_alive() && !self.at_end && !self.surplus
    }

    async fn write(&mut self, slot: &Slot, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| Pin::new(&mut self.stream).poll_write(cx, bytes)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            slot.wrote(written);
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn poll_response(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &ReadBuffer,
        slot: &Slot,
        answer: &mut Answer,
    ) -> Poll<Result<(), Cause>> {
        let mut buffer = buffer.0.borrow_mut();
        loop {
            let bytes = ready!(self.poll_read(cx, &mut buffer))?;
            slot.hear(bytes);
            slot.read(bytes.len());
            if bytes.is_empty() {
                self.at_end = true;
                return Poll::Ready(match self.decoder.end() {
                    End::Complete => Ok(()),
                    End::InHead | End::InBody => Err(Cause::Closed),
                });
            }
            let taken = self
                .decoder
                .read(bytes, answer)
                .map_err(|_| Cause::Malformed)?;
            if self.decoder.has_head() {
                slot.enter(Phase::Body);
            }
            if self.decoder.is_complete() {
                self.surplus = taken < bytes.len();
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// One read into the shared buffer; nothing at the end of the stream.
    fn poll_read<'b>(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &'b mut [u8],
    ) -> Poll<io::Result<&'b [u8]>> {
        let mut into = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into))?;
        let length = into.filled().len();
        Poll::Ready(Ok(&buffer[..length]))
    }

    /// Waits until the peer has closed, by FIN or RST.
    pub(crate) async fn closed_by_peer(&mut self, buffer: &ReadBuffer, slot: &Slot) {
        if self.at_end {
            return;
        }
        poll_fn(|cx| {
            let mut buffer = buffer.0.borrow_mut();
            loop {
                match ready!(self.poll_read(cx, &mut buffer)) {
                    Ok(rest) if !rest.is_empty() => slot.read(rest.len()),
                    Ok(_) | Err(_) => return Poll::Ready(()),
                }
            }
        })
        .await;
    }
}
