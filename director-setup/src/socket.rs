//! The netlink socket: one request at a time, each answered within a deadline.
//!
//! neli makes the messages, but not the socket: its sockets wait for ever, and without `unsafe`
//! no timeout can be set on the bare file descriptor that they give.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, connect, recv,
    send, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::codec::DecodeError;
use crate::codec::message::{Content, messages};

/// The kernel fills datagrams of up to 32 KiB (`netlink_dump` in `net/netlink/af_netlink.c`).
const BUFFER: usize = 64 * 1024;

/// The kernel's address, and the one that lets the kernel choose ours.
const KERNEL: u32 = 0;

/// Why an exchange with the kernel failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Errno),
    Socket(io::Error),
    NoAnswer(Duration),
    Answer(DecodeError),
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
    buffer: Vec<u8>,
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
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends the request that `encode` makes for a sequence number, and gives the command byte and
    /// the attributes of every answer to `read`.
    ///
    /// The answer is heard to its end even after `read` failed: a list that is not would keep the
    /// socket busy.
    pub(crate) fn exchange(
        &mut self,
        encode: impl FnOnce(u32) -> Vec<u8>,
        mut read: impl FnMut(u8, &[u8]) -> Result<(), DecodeError>,
    ) -> Result<(), Failure> {
        self.sequence = self.sequence.wrapping_add(1);
        self.send(&encode(self.sequence))?;
        let mut heard = Instant::now();
        let mut outcome = Ok(());
        loop {
            let length = self.receive(heard)?;
            for message in messages(&self.buffer[..length]) {
                let message = message?;
                if message.sequence != self.sequence {
                    tracing::debug!(sequence = message.sequence, "a late answer is skipped");
                    continue;
                }
                heard = Instant::now();
                match message.content {
                    Content::Noop => {}
                    Content::End => return outcome.map_err(Failure::Answer),
                    Content::Refused(errno) => {
                        return Err(Failure::Refused(Errno::from_raw(errno)));
                    }
                    Content::Answer {
                        command,
                        attributes,
                    } => outcome = outcome.and_then(|()| read(command, attributes)),
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

    /// Waits for a datagram until the deadline after `heard`, and says its length.
    fn receive(&mut self, heard: Instant) -> Result<usize, Failure> {
        loop {
            if heard.elapsed() > self.deadline {
                return Err(Failure::NoAnswer(self.deadline));
            }
            // With MSG_TRUNC the length is the datagram's own, even if the buffer is shorter.
            let descriptor = self.descriptor.as_raw_fd();
            match recv(descriptor, &mut self.buffer, MsgFlags::MSG_TRUNC) {
                Ok(length) if length > self.buffer.len() => {
                    return Err(Failure::Answer(DecodeError::Length {
                        what: "datagram",
                        claimed: length,
                        available: self.buffer.len(),
                    }));
                }
                Ok(length) => {
                    tracing::trace!(answer = ?&self.buffer[..length]);
                    return Ok(length);
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Err(Failure::NoAnswer(self.deadline)),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_kernel_is_not_waited_for_beyond_the_deadline() {
        let deadline = Duration::from_millis(20);
        let mut socket = Socket::open(deadline).expect("everybody may open one");
        // A header of 16 bytes without NLM_F_REQUEST, which the kernel passes over.
        let no_request = |_| [&16_u32.to_ne_bytes()[..], &[0; 12]].concat();
        let failure = socket.exchange(no_request, |_, _| Ok(()));
        assert!(
            matches!(failure, Err(Failure::NoAnswer(waited)) if waited == deadline),
            "{failure:?}"
        );
    }
}
