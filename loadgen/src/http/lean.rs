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
    /// The peer has sent what nobody asked for, or has answered before it had the whole request.
    out_of_step: bool,
    /// It has answered a request.
    used: bool,
}

impl Lean {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            decoder: Decoder::default(),
            at_end: false,
            out_of_step: false,
            used: false,
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
        if self.used && self.stream.poll_input(&slot.readiness).is_ready() {
            // It was closed, or what it sent is no answer to what comes now (RFC 9112, section 9.2).
            return Err(Cause::Closed);
        }
        self.write(slot, prepared.wire(more)).await?;
        self.decoder.next(prepared.body);
        poll_fn(|_| self.poll_response(reader, slot, answer)).await?;
        self.used = true;
        Ok(())
    }

    pub(crate) fn is_reusable(&self) -> bool {
        self.decoder.keep_alive() && !self.at_end && !self.out_of_step
    }

    /// Writes the request. A peer that answers before it has read all of it is not sent the rest.
    async fn write(&mut self, slot: &Slot, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let Some(written) = poll_fn(|_| self.poll_write(slot, bytes)).await? else {
                self.out_of_step = true;
                return Ok(());
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
            slot.count_out(written);
        }
        slot.is_written();
        Ok(())
    }

    /// Writes what goes; nothing if the peer takes no more and has answered.
    fn poll_write(&mut self, slot: &Slot, bytes: &[u8]) -> Poll<io::Result<Option<usize>>> {
        match self.stream.poll_write(&slot.readiness, bytes) {
            Poll::Ready(written) => Poll::Ready(written.map(Some)),
            Poll::Pending => self.stream.poll_input(&slot.readiness).map_ok(|()| None),
        }
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
                .read(bytes, &mut reader.heads.borrow_mut(), answer)
                .map_err(|_| Cause::Malformed)?;
            if self.decoder.has_head() {
                slot.enter(Phase::Body);
            }
            if self.decoder.is_complete() {
                self.out_of_step |= taken < bytes.len();
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Waits until the peer has closed, by FIN or RST.
    pub(crate) async fn closed_by_peer(&mut self, reader: &Reader, slot: &Slot) {
        // One that is out of step has no reason to close.
        if self.at_end || self.out_of_step {
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
