//! The head of a request, read in place.

use httparse::{EMPTY_HEADER, Header, Request, Status};

use crate::behaviour::whole;

/// More headers than this make a request odd.
const MOST_HEADERS: usize = 64;

/// What the bytes at the start of a connection, or after a request, are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// The start of a head; more bytes are needed.
    Partial,
    /// A whole head.
    Plain(Head<'a>),
    /// Not a request, or one that hyper is to answer: a transfer coding, an expectation, an upgrade,
    /// a doubtful length, an unusual target, very many headers, HTTP/2.
    Odd,
}

/// The head of a plain HTTP/1 request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The target in origin form, such as `/index.html?x`.
    pub target: &'a str,
    /// Whether the method is HEAD, whose response has no body.
    pub head_only: bool,
    /// Whether it is of HTTP/1.0, not of HTTP/1.1.
    pub old: bool,
    /// Whether the client wants to keep the connection.
    pub keep_alive: bool,
    /// Bytes of the body, which follows the head.
    pub body: u64,
    /// Bytes of the head.
    pub length: usize,
}

impl<'a> Head<'a> {
    /// Reads the head at the start of `bytes`.
    pub fn read(bytes: &'a [u8]) -> Reading<'a> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut request = Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return Reading::Partial,
            Err(_) => return Reading::Odd,
        };
        let (Some(method), Some(target), Some(version)) =
            (request.method, request.path, request.version)
        else {
            return Reading::Odd;
        };
        let mut head = Self {
            target,
            head_only: method == "HEAD",
            old: version == 0,
            keep_alive: version == 1,
            body: 0,
            length,
        };
        let plain = method != "CONNECT"
            && is_plain_target(target)
            && head.take_headers(request.headers).is_some();
        if plain {
            Reading::Plain(head)
        } else {
            Reading::Odd
        }
    }

    /// Takes from the headers what matters; `None` if one of them makes the request odd.
    fn take_headers(&mut self, headers: &[Header<'_>]) -> Option<()> {
        let mut lengths = 0;
        for header in headers {
            // Most headers have a name of another length than these and are not compared.
            match header.name.len() {
                10 if header.name.eq_ignore_ascii_case("connection") => {
                    self.keep_alive = is_kept(self.keep_alive, header.value);
                }
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    lengths += 1;
                    self.body = digits(header.value)?;
                }
                6 if header.name.eq_ignore_ascii_case("expect") => return None,
                7 if header.name.eq_ignore_ascii_case("upgrade") => return None,
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => return None,
                _ => {}
            }
        }
        (lengths <= 1).then_some(())
    }
}

/// Whether a connection is kept after one more `connection` header. As hyper 1.12 takes it
/// (`proto/h1/role.rs`): a kept connection is kept unless told to close, another is closed unless
/// told to keep.
pub(crate) fn is_kept(kept: bool, value: &[u8]) -> bool {
    let change: &[u8] = if kept { b"close" } else { b"keep-alive" };
    let mut options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    kept != options.any(|option| option.eq_ignore_ascii_case(change))
}

/// Whether every URI library reads the target alike: origin form, of common characters.
fn is_plain_target(target: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?-._~!$&'()*+,;=:@%".contains(&byte);
    target.starts_with('/') && target.bytes().all(plain)
}

fn digits(value: &[u8]) -> Option<u64> {
    whole(std::str::from_utf8(value).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head<'_> {
        match Head::read(text.as_bytes()) {
            Reading::Plain(head) => head,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_plain_head_is_read_in_place() {
        let text = "HEAD /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nbody";
        let expected = Head {
            target: "/a?b",
            head_only: true,
            old: false,
            keep_alive: true,
            body: 12,
            length: text.len() - 4,
        };
        assert_eq!(head(text), expected);
    }

    #[test]
    fn a_connection_is_kept_as_the_version_and_the_header_say() {
        for (version, header, kept) in [
            ("1.1", "", true),
            ("1.1", "Connection: close\r\n", false),
            ("1.1", "connection: x, CLOSE\r\n", false),
            ("1.1", "connection: keep-alive\r\n", true),
            ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true),
            ("1.0", "Connection: keep-alive-ish\r\n", false),
        ] {
            let text = format!("GET / HTTP/{version}\r\n{header}\r\n");
            assert_eq!(head(&text).keep_alive, kept, "{text:?}");
        }
    }

    #[test]
    fn every_part_of_a_head_is_partial() {
        let text = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(Head::read(&text[..end]), Reading::Partial, "{end}");
        }
    }

    #[test]
    fn what_hyper_is_to_answer_is_odd() {
        let many = "a: b\r\n".repeat(MOST_HEADERS + 1);
        for text in [
            "\0\0\0",
            "PRI * HTTP/2.0\r\n",
            "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nexpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nupgrade: h2c\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: +1\r\n\r\n",
            "GET / HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
            "GET http://x/ HTTP/1.1\r\n\r\n",
            "GET /\u{e9} HTTP/1.1\r\n\r\n",
            "CONNECT x:1 HTTP/1.1\r\n\r\n",
            &format!("GET / HTTP/1.1\r\n{many}\r\n"),
        ] {
            assert_eq!(Head::read(text.as_bytes()), Reading::Odd, "{text:?}");
        }
    }
}
