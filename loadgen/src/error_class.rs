//! What can become of a request that fails.

use std::fmt;
use std::io::ErrorKind;

/// Why a request failed: what happened, and in which phase of the request.
///
/// [`Display`](fmt::Display) gives the words of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorClass {
    /// The connect was answered with a reset: nobody listens (`ECONNREFUSED`).
    ConnectRefused,
    /// The connection was reset while it was being established.
    ConnectReset,
    /// The connection was not established in time.
    ConnectTimedOut,
    /// There is no route, or a router or neighbour says so (`EHOSTUNREACH`, `ENETUNREACH`).
    Unreachable,
    /// The client has no local address or port left for this target (`EADDRNOTAVAIL`).
    AddressNotAvailable,
    /// The client has no file descriptor left (`EMFILE`, `ENFILE`).
    TooManyFiles,
    /// The request could not be written in time.
    SendTimedOut,
    /// The connection was reset before the request was written.
    SendReset,
    /// The response's headers were not complete in time.
    ResponseTimedOut,
    /// The connection was reset before the response's headers were complete.
    ResponseReset,
    /// The server closed before the response's headers were complete.
    ClosedEarly,
    /// The body was not complete in time.
    BodyTimedOut,
    /// The connection was reset before the body was complete.
    BodyReset,
    /// The server closed before the body was complete.
    ShortBody,
    /// What came is not an HTTP/1 response.
    BadResponse,
    /// The response is complete, but its status is not the expected one.
    BadStatus,
    /// The response is complete, but its body has not the expected length.
    WrongLength,
    /// The response is complete, but its body has not the expected content.
    WrongBody,
    /// The proxy did not open a tunnel.
    ProxyRefused,
    /// The TLS handshake or a TLS record failed.
    Tls,
    /// Any other I/O error.
    Other(ErrorKind),
}

impl ErrorClass {
    /// Every class, [`Other`](Self::Other) once.
    pub const ALL: [Self; 21] = [
        Self::ConnectRefused,
        Self::ConnectReset,
        Self::ConnectTimedOut,
        Self::Unreachable,
        Self::AddressNotAvailable,
        Self::TooManyFiles,
        Self::SendTimedOut,
        Self::SendReset,
        Self::ResponseTimedOut,
        Self::ResponseReset,
        Self::ClosedEarly,
        Self::BodyTimedOut,
        Self::BodyReset,
        Self::ShortBody,
        Self::BadResponse,
        Self::BadStatus,
        Self::WrongLength,
        Self::WrongBody,
        Self::ProxyRefused,
        Self::Tls,
        Self::Other(ErrorKind::Other),
    ];

    /// A stable name for machines, such as `connect-refused`. All of [`ErrorClass::Other`] share
    /// one.
    pub fn code(self) -> &'static str {
        self.names().0
    }

    /// What a user can do about an error that is the client's own, not the server's.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::AddressNotAvailable => Some(
                "every local port towards this target is in use, most of them in TIME_WAIT: use more \
                 source addresses or a wider port range, let the server close first, or close with RST",
            ),
            Self::TooManyFiles => Some(
                "raise the limit on open files (`ulimit -n`) above the concurrency, or lower it",
            ),
            _ => None,
        }
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::ConnectRefused => ("connect-refused", "connect refused"),
            Self::ConnectReset => ("connect-reset", "reset while connecting"),
            Self::ConnectTimedOut => ("connect-timed-out", "not connected in time"),
            Self::Unreachable => ("unreachable", "host or network unreachable"),
            Self::AddressNotAvailable => ("address-not-available", "no local port left"),
            Self::TooManyFiles => ("too-many-files", "too many open files"),
            Self::SendTimedOut => ("send-timed-out", "request not sent in time"),
            Self::SendReset => ("send-reset", "reset while sending"),
            Self::ResponseTimedOut => ("response-timed-out", "no response in time"),
            Self::ResponseReset => ("response-reset", "reset while waiting for the response"),
            Self::ClosedEarly => ("closed-early", "closed without a response"),
            Self::BodyTimedOut => ("body-timed-out", "body not complete in time"),
            Self::BodyReset => ("body-reset", "reset while reading the body"),
            Self::ShortBody => ("short-body", "body shorter than announced"),
            Self::BadResponse => ("bad-response", "not an HTTP response"),
            Self::BadStatus => ("bad-status", "status not 2xx"),
            Self::WrongLength => ("wrong-length", "body length not as expected"),
            Self::WrongBody => ("wrong-body", "body not as expected"),
            Self::ProxyRefused => ("proxy-refused", "tunnel refused by the proxy"),
            Self::Tls => ("tls", "TLS failed"),
            Self::Other(_) => ("other", "other error"),
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(kind) => write!(f, "{}: {kind}", self.names().1),
            class => f.pad(class.names().1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_ports_comes_with_advice() {
        let advice = ErrorClass::AddressNotAvailable.advice().unwrap();
        for remedy in ["source addresses", "port range", "RST"] {
            assert!(advice.contains(remedy), "{advice}");
        }
        assert_eq!(ErrorClass::BodyReset.advice(), None);
    }
}
