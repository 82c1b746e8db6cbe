//! Requests over routing netlink (rtnetlink(7)), each answered within a deadline.

use std::time::Duration;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::SocketAddr;
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};

use super::NetworkError;

/// How long the kernel may be silent. Adding an interface may load a module first.
const DEADLINE: Duration = Duration::from_secs(10);

/// A routing netlink socket; it acts on the namespace in which it was opened, from any thread.
pub struct Socket {
    socket: netlink_sys::Socket,
    sequence: u32,
}

impl Socket {
    /// Opens a socket in the network namespace of the calling thread.
    pub fn open() -> Result<Self, NetworkError> {
        let open = || {
            let mut socket = netlink_sys::Socket::new(NETLINK_ROUTE)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            // Acknowledgements then carry the header of the request, not all of it.
            socket.set_cap_ack(true)?;
            let milliseconds = DEADLINE.as_millis().try_into().unwrap_or(i64::MAX);
            let timeout = TimeVal::milliseconds(milliseconds);
            setsockopt(&socket, sockopt::ReceiveTimeout, &timeout)?;
            Ok(socket)
        };
        let what = "open a routing netlink socket";
        let socket = open().map_err(|error: std::io::Error| NetworkError::socket(what, error))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Asks for something and returns the answers; `what` completes "cannot …". `flags` are those
    /// of the request beyond "request" and "acknowledge".
    pub(super) fn ask(
        &mut self,
        what: &str,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, NetworkError> {
        self.exchange(what, message, flags | NLM_F_REQUEST | NLM_F_ACK)
    }

    /// Asks for a list.
    pub(super) fn dump(
        &mut self,
        what: &str,
        message: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, NetworkError> {
        self.exchange(what, message, NLM_F_REQUEST | NLM_F_DUMP)
    }

    fn exchange(
        &mut self,
        what: &str,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, NetworkError> {
        tracing::debug!(what, "routing netlink");
        self.send(what, message, flags)?;
        let mut answers = Vec::new();
        loop {
            for answer in self.receive(what)? {
                if answer.header.sequence_number != self.sequence {
                    continue;
                }
                let code = match answer.payload {
                    NetlinkPayload::InnerMessage(entry) => {
                        answers.push(entry);
                        continue;
                    }
                    NetlinkPayload::Done(done) => done.code,
                    NetlinkPayload::Error(error) => error.raw_code(),
                    NetlinkPayload::Overrun(_) => Errno::ENOBUFS as i32,
                    _ => continue,
                };
                return refusal(what, code).map_or(Ok(answers), Err);
            }
        }
    }

    fn send(
        &mut self,
        what: &str,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<(), NetworkError> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut packet = NetlinkMessage::new(header, NetlinkPayload::from(message));
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        self.socket
            .send(&bytes, 0)
            .map_err(|error| NetworkError::socket(what, error))?;
        Ok(())
    }

    /// Receives one datagram and splits it into messages.
    fn receive(
        &self,
        what: &str,
    ) -> Result<Vec<NetlinkMessage<RouteNetlinkMessage>>, NetworkError> {
        let (datagram, _) = self
            .socket
            .recv_from_full()
            .map_err(|error| silence_or_failure(what, error))?;
        let mut messages = Vec::new();
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                .map_err(|error| NetworkError::answer(what, &error))?;
            // Messages start at multiples of 4 bytes (NLMSG_ALIGN).
            let length = (message.header.length as usize).next_multiple_of(4).max(4);
            rest = rest.get(length..).unwrap_or_default();
            messages.push(message);
        }
        Ok(messages)
    }
}

fn silence_or_failure(what: &str, error: std::io::Error) -> NetworkError {
    if error.kind() == std::io::ErrorKind::WouldBlock {
        return NetworkError::NoAnswer {
            what: what.to_owned(),
            waited: DEADLINE,
        };
    }
    NetworkError::socket(what, error)
}

/// The kernel answers with 0 or a negated errno.
fn refusal(what: &str, code: i32) -> Option<NetworkError> {
    (code != 0).then(|| NetworkError::Refused {
        what: what.to_owned(),
        errno: Errno::from_raw(code.saturating_abs()),
    })
}
