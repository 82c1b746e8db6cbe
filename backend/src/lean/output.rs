//! Responses as bytes.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::behaviour::Framing;
use crate::reply::{Content, Reply};
use crate::server::{SERVER_HEADER, SOFTWARE};

/// How a response goes with the request and the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The request is HEAD: no body is sent.
    pub(super) head_only: bool,
    /// The request is of HTTP/1.0.
    pub(super) old: bool,
    /// The connection is kept.
    pub(super) keep: bool,
}

/// How the client learns where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is none, and nothing is said of one.
    NoBody,
    /// `content-length`.
    Length,
    /// Chunks of so many bytes.
    Chunks(u32),
    /// The end of the connection.
    Close,
}

impl Mark {
    pub(super) fn of(reply: &Reply, manner: Manner) -> Self {
        match reply.framing {
            _ if reply.bodiless() => Self::NoBody,
            Framing::Length => Self::Length,
            Framing::Chunked(_) if manner.old => Self::Close,
            Framing::Chunked(_) if manner.head_only => Self::NoBody,
            Framing::Chunked(size) => Self::Chunks(size),
        }
    }
}

thread_local! {
    /// What the connections of a thread share.
    static DATE: RefCell<Date> = RefCell::default();
}

/// The date header, written anew once a second.
#[derive(Debug, Default)]
struct Date {
    second: u64,
    text: String,
}

impl Date {
    fn now(&mut self) -> &str {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        if now.as_secs() != self.second || self.text.is_empty() {
            self.second = now.as_secs();
            self.text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.second));
        }
        &self.text
    }
}

/// Writes the head of a response over what was in `out`.
pub(super) fn write_head(
    out: &mut Vec<u8>,
    (name, reply): (&str, &Reply),
    (mark, manner): (Mark, Manner),
) {
    out.clear();
    out.extend_from_slice(if manner.old {
        b"HTTP/1.0 "
    } else {
        b"HTTP/1.1 "
    });
    out.extend_from_slice(reply.status.as_str().as_bytes());
    out.push(b' ');
    let reason = reply.status.canonical_reason().unwrap_or("<none>");
    out.extend_from_slice(reason.as_bytes());
    for (header, value) in [
        ("server", SOFTWARE),
        ("content-type", reply.content_type),
        (SERVER_HEADER, name),
    ] {
        line(out, header, value);
    }
    match (manner.old, manner.keep) {
        (true, true) => line(out, "connection", "keep-alive"),
        (_, false) => line(out, "connection", "close"),
        (false, true) => {}
    }
    match mark {
        Mark::Length => {
            out.extend_from_slice(b"\r\ncontent-length: ");
            // A vector takes whatever is written to it.
            let _ = write!(out, "{}", reply.body.length);
        }
        Mark::Chunks(_) => line(out, "transfer-encoding", "chunked"),
        Mark::NoBody | Mark::Close => {}
    }
    DATE.with_borrow_mut(|date| line(out, "date", date.now()));
    out.extend_from_slice(b"\r\n\r\n");
}

fn line(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
}

/// Sends the head that is in `out`, and `length` bytes of the body after it; all of a body is
/// followed by its last chunk if it is chunked.
pub(super) async fn send(
    stream: &mut TcpStream,
    out: &mut Vec<u8>,
    (body, length): (&Content, u64),
    mark: Mark,
) -> io::Result<()> {
    let most = match mark {
        Mark::Chunks(size) => body.piece.len().min(size as usize),
        Mark::NoBody | Mark::Length | Mark::Close => body.piece.len(),
    };
    let mut sent = 0;
    while sent < length {
        let take = usize::try_from(length - sent).map_or(most, |left| left.min(most));
        if let Mark::Chunks(size) = mark {
            chunk_size(
                out,
                sent > 0,
                u64::from(size).min(body.length - sent).min(most as u64),
            );
        }
        write_all(stream, out, &body.piece[..take]).await?;
        out.clear();
        sent += take as u64;
    }
    if matches!(mark, Mark::Chunks(_)) && sent == body.length {
        chunk_size(out, sent > 0, 0);
        out.extend_from_slice(b"\r\n");
    }
    if out.is_empty() {
        Ok(())
    } else {
        write_all(stream, out, &[]).await
    }
}

/// The end of the chunk before, if there is one, and the size of the next.
fn chunk_size(out: &mut Vec<u8>, after_another: bool, size: u64) {
    if after_another {
        out.extend_from_slice(b"\r\n");
    }
    // A vector takes whatever is written to it.
    let _ = write!(out, "{size:X}\r\n");
}

/// Writes both, in as few calls as the socket allows.
async fn write_all(stream: &mut TcpStream, first: &[u8], second: &[u8]) -> io::Result<()> {
    let mut sent = 0;
    while sent < first.len() + second.len() {
        let written = if sent < first.len() {
            let both = [IoSlice::new(&first[sent..]), IoSlice::new(second)];
            stream.write_vectored(&both).await?
        } else {
            stream.write(&second[sent - first.len()..]).await?
        };
        if written == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        sent += written;
    }
    Ok(())
}
