//! The netlink socket: one request at a time, each answered within a deadline.
//!
//! neli makes the messages, but not the socket: its sockets wait for ever, and without `unsafe`
//! no timeout can be set on the bare file descriptor that they give.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, MultiHeaders, NetlinkAddr, SockFlag, SockProtocol, SockType, bind,
    connect, getsockopt, recvmmsg, send, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::codec::DecodeError;
use crate::codec::message::{Content, Message, Reply, messages};

/// Room for one datagram. The kernel fills them up to what a reader was seen to have room for, and
/// to no more than 32 KiB (`netlink_dump` in `net/netlink/af_netlink.c`).
const BUFFER: usize = 16 * 1024;

/// Datagrams that are taken in one system call.
const DATAGRAMS: usize = 16;

/// What a datagram takes of the socket's buffer besides its own bytes: headers and the kernel's
/// `struct sk_buff`, rounded up.
const BOOKKEEPING: usize = 1024;

/// The kernel's address, and the one that lets the kernel choose ours.
const KERNEL: u32 = 0;

/// Why an exchange with the kernel failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Errno),
    Socket(io::Error),
    NoAnswer(Duration),
    Answer(DecodeError),
    /// A list changed while the kernel walked it.
    Interrupted,
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Answer(error)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Socket(errno.into())
    }
}

/// A generic netlink socket in the network namespace of the thread that opened it.
#[derive(Debug)]
pub(crate) struct Socket {
    descriptor: OwnedFd,
    deadline: Duration,
    sequence: u32,
    /// As one piece it comes from the system zeroed, and costs nothing before it is used.
    buffers: Vec<u8>,
}

impl Socket {
    /// Opens a socket that hears nobody but the kernel, which may be silent for `deadline`.
    pub(crate) fn open(deadline: Duration) -> nix::Result<Self> {
        let descriptor = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkGeneric,
        )?;
        let kernel = NetlinkAddr::new(KERNEL, 0);
        bind(descriptor.as_raw_fd(), &kernel)?;
        connect(descriptor.as_raw_fd(), &kernel)?;
        let timeout = TimeVal::milliseconds(deadline.as_millis().try_into().unwrap_or(i64::MAX));
        setsockopt(&descriptor, sockopt::ReceiveTimeout, &timeout)?;
        Ok(Self {
            descriptor,
            deadline,
            sequence: 0,
            buffers: vec![0; DATAGRAMS * BUFFER],
        })
    }

    /// Sends the request that `encode` makes for a sequence number, and gives the command byte and
    /// the attributes of every answer to `read`.
    ///
    /// The answer is heard to its end even after `read` failed: a list that is not would keep the
    /// socket busy.
    pub(crate) fn exchange(
        &mut self,
        reply: Reply,
        encode: impl FnOnce(u32) -> Vec<u8>,
        read: impl FnMut(u8, &[u8]) -> Result<(), DecodeError>,
    ) -> Result<(), Failure> {
        let sequence = self.next_sequence();
        self.send(&encode(sequence))?;
        let mut exchange = Exchange::new(sequence, reply, read);
        self.hear(|message| exchange.take(message))?;
        exchange.end()
    }

    /// Sends many requests as one datagram, which the kernel carries out one after the other, and
    /// returns which of them it refused: the places in `requests`, counted from 0.
    ///
    /// The last has to ask for an acknowledgement, the others should not. A refusal quotes its request; if all are
    /// refused, the socket's buffer has to hold them all, so there should not be too many.
    pub(crate) fn post(
        &mut self,
        requests: impl IntoIterator<Item = impl FnOnce(u32) -> Vec<u8>>,
    ) -> Result<Vec<(usize, Errno)>, Failure> {
        let mut datagram = Vec::new();
        let mut sequences = Vec::new();
        for encode in requests {
            let sequence = self.next_sequence();
            sequences.push(sequence);
            datagram.extend(encode(sequence));
        }
        let Some(last) = sequences.last().copied() else {
            return Ok(Vec::new());
        };
        self.make_room(datagram.len(), sequences.len());
        self.send(&datagram)?;
        let mut refused = Vec::new();
        self.hear(|message| {
            let Some(place) = sequences.iter().position(|one| *one == message.sequence) else {
                return Ok(Progress::Foreign);
            };
            if let Content::Refused(errno) = message.content {
                refused.push((place, Errno::from_raw(errno)));
            }
            Ok(match message.content {
                Content::End | Content::Refused(_) if message.sequence == last => Progress::End,
                _ => Progress::More,
            })
        })?;
        Ok(refused)
    }

    /// Lets the socket's buffer hold a refusal of each of `count` requests, which together have
    /// `bytes` bytes. Where that is not allowed, a smaller buffer may well do.
    fn make_room(&self, bytes: usize, count: usize) {
        let room = bytes + count * BOOKKEEPING;
        let has = getsockopt(&self.descriptor, sockopt::RcvBuf);
        if has.is_ok_and(|has| has < room) {
            // The kernel doubles the number for its own bookkeeping.
            let _ = setsockopt(&self.descriptor, sockopt::RcvBufForce, &room);
        }
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Gives messages to `take` until it has heard the last, or until the deadline has passed
    /// since the last that it cared for.
    fn hear(
        &mut self,
        mut take: impl FnMut(Message<'_>) -> Result<Progress, Failure>,
    ) -> Result<(), Failure> {
        // The socket's own timeout watches over silence; a clock is needed only where that starts
        // anew: after a signal, and after what nobody asked for. In some guests looking at it is a
        // system call.
        let mut waiting: Option<Instant> = None;
        loop {
            let lengths = self.receive(&mut waiting)?;
            let datagrams = self.buffers.chunks(BUFFER).zip(lengths);
            for message in datagrams.flat_map(|(buffer, length)| messages(&buffer[..length])) {
                match take(message?)? {
                    Progress::Foreign => {
                        tracing::debug!("a late answer is skipped");
                        waiting.get_or_insert_with(Instant::now);
                    }
                    Progress::More => waiting = None,
                    Progress::End => return Ok(()),
                }
            }
        }
    }

    fn send(&self, request: &[u8]) -> nix::Result<()> {
        tracing::trace!(?request);
        loop {
            match send(self.descriptor.as_raw_fd(), request, MsgFlags::empty()) {
                Err(Errno::EINTR) => {}
                sent => return sent.map(|_| ()),
            }
        }
    }

    /// Waits for datagrams until the deadline, or until that after `waiting`, and says their
    /// lengths. The first of them is waited for, the others are those that are there by then: of a
    /// short list the end.
    fn receive(&mut self, waiting: &mut Option<Instant>) -> Result<Vec<usize>, Failure> {
        loop {
            if waiting.is_some_and(|since| since.elapsed() > self.deadline) {
                return Err(Failure::NoAnswer(self.deadline));
            }
            match receive_into(&self.descriptor, &mut self.buffers) {
                Ok(lengths) => {
                    for (buffer, length) in self.buffers.chunks(BUFFER).zip(&lengths) {
                        let Some(answer) = buffer.get(..*length) else {
                            return Err(Failure::Answer(DecodeError::Length {
                                what: "datagram",
                                claimed: *length,
                                available: buffer.len(),
                            }));
                        };
                        tracing::trace!(?answer);
                    }
                    return Ok(lengths);
                }
                Err(Errno::EINTR) => {
                    waiting.get_or_insert_with(Instant::now);
                }
                Err(Errno::EAGAIN) => return Err(Failure::NoAnswer(self.deadline)),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// Fills pieces of [`BUFFER`] bytes with a datagram each and says the datagrams' lengths, which may
/// be more than such a piece holds.
fn receive_into(descriptor: &OwnedFd, buffers: &mut [u8]) -> nix::Result<Vec<usize>> {
    let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
        .chunks_mut(BUFFER)
        .map(|buffer| [IoSliceMut::new(buffer)])
        .collect();
    let mut headers = MultiHeaders::<NetlinkAddr>::preallocate(slices.len(), None);
    // With MSG_TRUNC a length is the datagram's own, even if the buffer is shorter.
    let flags = MsgFlags::MSG_TRUNC | MsgFlags::MSG_WAITFORONE;
    let descriptor = descriptor.as_raw_fd();
    let received = recvmmsg(descriptor, &mut headers, slices.iter_mut(), flags, None)?;
    Ok(received.map(|datagram| datagram.bytes).collect())
}

/// How far an answer has come with a message.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// The message answers an earlier request that was given up.
    Foreign,
    /// There is more to come.
    More,
    /// It was the last.
    End,
}

/// One request and what was heard of its answer.
struct Exchange<R> {
    sequence: u32,
    reply: Reply,
    read: R,
    outcome: Result<(), DecodeError>,
    interrupted: bool,
}

impl<R: FnMut(u8, &[u8]) -> Result<(), DecodeError>> Exchange<R> {
    const fn new(sequence: u32, reply: Reply, read: R) -> Self {
        Self {
            sequence,
            reply,
            read,
            outcome: Ok(()),
            interrupted: false,
        }
    }

    fn take(&mut self, message: Message<'_>) -> Result<Progress, Failure> {
        if message.sequence != self.sequence {
            return Ok(Progress::Foreign);
        }
        self.interrupted |= message.interrupted;
        match message.content {
            Content::Noop => {}
            Content::End => return Ok(Progress::End),
            Content::Refused(errno) => return Err(Failure::Refused(Errno::from_raw(errno))),
            Content::Answer {
                command,
                attributes,
            } => {
                if self.outcome.is_ok() {
                    self.outcome = (self.read)(command, attributes);
                }
                if self.reply == Reply::Answer {
                    return Ok(Progress::End);
                }
            }
        }
        Ok(Progress::More)
    }

    fn end(self) -> Result<(), Failure> {
        self.outcome?;
        if self.interrupted {
            return Err(Failure::Interrupted);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a message as the kernel's headers make it.
    fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).expect("it is short");
        let header = [
            &length.to_ne_bytes()[..],
            &kind.to_ne_bytes(),
            &flags.to_ne_bytes(),
            &sequence.to_ne_bytes(),
            &[0; 4],
        ];
        [&header.concat()[..], payload].concat()
    }

    const FAMILY: u16 = 32;
    const DONE: u16 = 3;
    const MULTI: u16 = 2;
    const INTERRUPTED: u16 = 0x10;

    /// What becomes of a list whose last part has these flags.
    fn listed(flags: u16, sequence: u32) -> (Vec<Progress>, Result<(), Failure>) {
        let datagram = [
            message(FAMILY, MULTI, 7, &[1, 1, 0, 0]),
            message(FAMILY, MULTI | flags, sequence, &[1, 1, 0, 0]),
            message(DONE, MULTI, 7, &0_i32.to_ne_bytes()),
        ]
        .concat();
        let mut exchange = Exchange::new(7, Reply::Dump, |_, _| Ok(()));
        let progress = messages(&datagram)
            .map(|message| exchange.take(message.expect("it is well formed")))
            .collect::<Result<_, _>>()
            .expect("nothing is refused");
        (progress, exchange.end())
    }

    #[test]
    fn a_list_that_changed_meanwhile_is_told_apart_from_a_whole_one() {
        assert!(listed(0, 7).1.is_ok());
        assert!(matches!(
            listed(INTERRUPTED, 7).1,
            Err(Failure::Interrupted)
        ));
    }

    #[test]
    fn an_answer_to_another_request_is_not_taken() {
        let (progress, end) = listed(INTERRUPTED, 6);
        assert_eq!(progress, [Progress::More, Progress::Foreign, Progress::End]);
        assert!(end.is_ok());
    }

    #[test]
    fn a_silent_kernel_is_not_waited_for_beyond_the_deadline() {
        let deadline = Duration::from_millis(20);
        let mut socket = Socket::open(deadline).expect("everybody may open one");
        // A header of 16 bytes without NLM_F_REQUEST, which the kernel passes over.
        let no_request = |_| [&16_u32.to_ne_bytes()[..], &[0; 12]].concat();
        let failure = socket.exchange(Reply::Answer, no_request, |_, _| Ok(()));
        assert!(
            matches!(failure, Err(Failure::NoAnswer(waited)) if waited == deadline),
            "{failure:?}"
        );
    }
}
