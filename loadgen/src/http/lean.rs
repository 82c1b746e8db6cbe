//! The lean path: HTTP/1 without TLS. Request bytes are prepared, all connections of a thread read
//! into one buffer, and a response that comes in one piece allocates nothing.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};

use super::answer::Answer;
use super::prepared::{More, Prepared};
use super::response::{Decoder, End, Heads};
use crate::cause::Cause;
use crate::engine::{Phase, Slot};
use crate::net::Stream;

/// What all connections of a thread read with.
pub(crate) struct Reader {
    /// Nothing in it outlives one poll.
    buffer: RefCell<Box<[u8]>>,
    heads: RefCell<Heads>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            buffer: RefCell::new(vec![0; 64 * 1024].into_boxed_slice()),
            heads: RefCell::default(),
        }
    }
}

pub(crate) struct Lean {
    stream: Stream,
    decoder: Decoder,
    /// The peer has closed.
    at_end: bool,
    /// The peer has sent what nobody asked for.
    surplus: bool,
}

impl Lean {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            decoder: Decoder::default(),
            at_end: false,
            surplus: false,
        }
    }

    pub(crate) async fn exchange(
        &mut self,
        reader: &Reader,
        slot: &Slot,
        prepared: &Prepared,
        more: More,
        answer: &mut Answer,
    ) -> Result<(), Cause> {
        slot.enter(Phase::Send);
        self.write(slot, prepared.wire(more)).await?;
        self.decoder.next(prepared.body);
        poll_fn(|_| self.poll_response(reader, slot, answer)).await
    }

    pub(crate) fn is_reusable(&self) -> bool {
        self.decoder.keep_alive() && !self.at_end && !self.surplus
    }

    async fn write(&mut self, slot: &Slot, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|_| self.stream.poll_write(&slot.readiness, bytes)).await?;
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
        reader: &Reader,
        slot: &Slot,
        answer: &mut Answer,
    ) -> Poll<Result<(), Cause>> {
        let mut buffer = reader.buffer.borrow_mut();
        loop {
            let length = ready!(self.stream.poll_read(&slot.readiness, &mut buffer))?;
            let bytes = &buffer[..length];
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
                .read(bytes, &mut reader.heads.borrow_mut(), answer)
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

    /// Waits until the peer has closed, by FIN or RST.
    pub(crate) async fn closed_by_peer(&mut self, reader: &Reader, slot: &Slot) {
        if self.at_end {
            return;
        }
        poll_fn(|_| {
            let mut buffer = reader.buffer.borrow_mut();
            loop {
                match ready!(self.stream.poll_read(&slot.readiness, &mut buffer)) {
                    Ok(rest @ 1..) => slot.read(rest),
                    Ok(_) | Err(_) => return Poll::Ready(()),
                }
            }
        })
        .await;
    }
}
