//! From an error and the phase in which it happened to its class.

use std::error::Error;
use std::io::{self, ErrorKind};

use crate::ErrorClass;
use crate::engine::Phase;

/// Linux errno values that `ErrorKind` has no stable name for, see errno(3).
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// What broke an exchange, whatever its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    TimedOut,
    /// The peer ended the stream.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// What the peer sent is not HTTP/1.
    Malformed,
    /// A local limit or the network, the same in every phase.
    Local(ErrorClass),
}

impl Cause {
    /// Whether the connection was lost, by whichever way the peer ended it.
    pub(crate) fn is_lost(self) -> bool {
        matches!(self, Self::Closed | Self::Reset)
    }

    pub(crate) fn class(self, phase: Phase) -> ErrorClass {
        match (self, phase) {
            (Self::TimedOut, Phase::Connect) => ErrorClass::ConnectTimedOut,
            (Self::TimedOut, Phase::Send) => ErrorClass::SendTimedOut,
            (Self::TimedOut, Phase::Wait | Phase::Head) => ErrorClass::ResponseTimedOut,
            (Self::TimedOut, Phase::Body) => ErrorClass::BodyTimedOut,
            (Self::Reset, Phase::Connect) => ErrorClass::ConnectReset,
            (Self::Reset, Phase::Send) => ErrorClass::SendReset,
            (Self::Reset, Phase::Wait | Phase::Head) => ErrorClass::ResponseReset,
            (Self::Reset, Phase::Body) => ErrorClass::BodyReset,
            (Self::Closed, Phase::Body) => ErrorClass::ShortBody,
            (Self::Closed, _) => ErrorClass::ClosedEarly,
            (Self::Malformed, _) => ErrorClass::BadResponse,
            (Self::Local(class), _) => class,
        }
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) {
            return Self::Local(ErrorClass::TooManyFiles);
        }
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if inner.is_some() {
            return Self::Local(ErrorClass::Tls);
        }
        match error.kind() {
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::UnexpectedEof => Self::Closed,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                Self::Reset
            }
            // hyper's chunked decoder reports bad framing so.
            ErrorKind::InvalidData | ErrorKind::InvalidInput => Self::Malformed,
            ErrorKind::ConnectionRefused => Self::Local(ErrorClass::ConnectRefused),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Self::Local(ErrorClass::Unreachable)
            }
            ErrorKind::AddrNotAvailable => Self::Local(ErrorClass::AddressNotAvailable),
            kind => Self::Local(ErrorClass::Other(kind)),
        }
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

impl From<hyper::Error> for Cause {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() {
            return Self::Malformed;
        }
        let mut source = error.source();
        while let Some(inner) = source {
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                return Self::from(io);
            }
            source = inner.source();
        }
        Self::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_descriptors_and_ports_are_the_clients_own_limits() {
        for (errno, class) in [
            (ENFILE, ErrorClass::TooManyFiles),
            (EMFILE, ErrorClass::TooManyFiles),
            (99, ErrorClass::AddressNotAvailable),
            (101, ErrorClass::Unreachable),
            (113, ErrorClass::Unreachable),
            (111, ErrorClass::ConnectRefused),
        ] {
            let cause = Cause::from(io::Error::from_raw_os_error(errno));
            assert_eq!(cause.class(Phase::Connect), class, "errno {errno}");
        }
    }

    #[test]
    fn the_same_reset_has_another_class_in_each_phase() {
        let classes = [Phase::Connect, Phase::Send, Phase::Wait, Phase::Body]
            .map(|phase| Cause::from(io::Error::from_raw_os_error(104)).class(phase));
        let expected = [
            ErrorClass::ConnectReset,
            ErrorClass::SendReset,
            ErrorClass::ResponseReset,
            ErrorClass::BodyReset,
        ];
        assert_eq!(classes, expected);
    }

    #[test]
    fn a_connect_that_the_kernel_gives_up_has_timed_out() {
        let cause = Cause::from(io::Error::from_raw_os_error(110));
        assert_eq!(cause.class(Phase::Connect), ErrorClass::ConnectTimedOut);
    }
}
