//! Heads of HTTP/1 responses: parsed, and recognised when they come again.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use super::response::{MAX_HEAD, MAX_HEADERS, Malformed, Witness};

/// How many heads are remembered: those of a few servers.
const REMEMBERED: usize = 4;
/// A head that is longer is not remembered.
const LONGEST_REMEMBERED: usize = 1024;
/// After so many new heads in a row, the servers seem to send no head twice.
const PATIENCE: u32 = 64;

/// What a head says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Its length in bytes.
    pub(super) length: usize,
    pub(super) status: u16,
    /// Nothing if the response is an interim one.
    pub(super) framing: Option<Framing>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    /// Whether the server keeps the connection.
    pub(super) keep_alive: bool,
    pub(super) length: Length,
}

/// How long a body is, if there is one (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Counted(u64),
    Chunked,
    UntilEnd,
}

/// Parses heads, and remembers the latest: a server under load sends the same head again and again,
/// but for its date. To compare it takes a tenth of the time that parsing does.
#[derive(Debug, Default)]
pub struct Heads {
    known: Vec<(Vec<u8>, Head)>,
    /// Which of them was the latest.
    latest: usize,
    /// How many heads in a row were not known.
    unknown: u32,
}

impl Heads {
    /// The head that `bytes` begin with, if it is complete.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        witness: &mut impl Witness,
    ) -> Result<Option<Head>, Malformed> {
        if witness.wants_headers() {
            return parse(bytes, witness);
        }
        if let Some(head) = self.recognise(bytes) {
            witness.status(head.status);
            return Ok(Some(head));
        }
        let head = parse(bytes, witness)?;
        if let Some(head) = head.filter(|head| head.framing.is_some()) {
            self.remember(&bytes[..head.length], head);
        }
        Ok(head)
    }

    fn recognise(&mut self, bytes: &[u8]) -> Option<Head> {
        let begins = |(known, _): &(Vec<u8>, Head)| bytes.starts_with(known);
        let latest = self.known.get(self.latest)?;
        if !begins(latest) {
            self.latest = self.known.iter().position(begins)?;
        }
        self.unknown = 0;
        Some(self.known[self.latest].1)
    }

    fn remember(&mut self, bytes: &[u8], head: Head) {
        self.unknown = self.unknown.saturating_add(1);
        let in_vain = self.unknown > PATIENCE && !self.unknown.is_multiple_of(PATIENCE);
        if in_vain || bytes.len() > LONGEST_REMEMBERED {
            return;
        }
        if self.known.len() < REMEMBERED {
            self.known.push((Vec::new(), head));
            self.latest = self.known.len() - 1;
        } else {
            self.latest = (self.latest + 1) % REMEMBERED;
        }
        let (known, meaning) = &mut self.known[self.latest];
        known.clear();
        known.extend_from_slice(bytes);
        *meaning = head;
    }
}

fn parse(bytes: &[u8], witness: &mut impl Witness) -> Result<Option<Head>, Malformed> {
    let mut headers = [MaybeUninit::<Header<'_>>::uninit(); MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let status = lenient()
        .parse_response_with_uninit_headers(&mut response, bytes, &mut headers)
        .map_err(|_| Malformed)?;
    let Status::Complete(length) = status else {
        return Ok(None);
    };
    if length > MAX_HEAD {
        return Err(Malformed);
    }
    // httparse takes any three digits.
    let status = response.code.filter(|code| *code >= 100).ok_or(Malformed)?;
    if (100..200).contains(&status) && status != 101 {
        return Ok(Some(Head {
            length,
            status,
            framing: None,
        }));
    }
    witness.status(status);
    let mut fields = Fields::new(response.version == Some(1));
    for header in response.headers.iter() {
        fields.see(header)?;
        witness.header(header.name, header.value);
    }
    Ok(Some(Head {
        length,
        status,
        framing: Some(Framing {
            keep_alive: fields.keep_alive && status != 101,
            length: fields.length(),
        }),
    }))
}

/// What hyper accepts of old servers, as it is configured in `general.rs`.
fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true);
    config
}

/// The headers that say how long the body is, and what becomes of the connection (RFC 9112, sections
/// 6.3 and 9.3).
struct Fields {
    keep_alive: bool,
    length: Option<u64>,
    /// Whether `chunked` is the last transfer coding, if there is any.
    chunked: Option<bool>,
}

impl Fields {
    fn new(is_1_1: bool) -> Self {
        Self {
            keep_alive: is_1_1,
            length: None,
            chunked: None,
        }
    }

    fn see(&mut self, header: &Header<'_>) -> Result<(), Malformed> {
        match header.name.len() {
            10 if header.name.eq_ignore_ascii_case("connection") => {
                for token in tokens(header.value) {
                    if token.eq_ignore_ascii_case(b"close") {
                        self.keep_alive = false;
                    } else if token.eq_ignore_ascii_case(b"keep-alive") {
                        self.keep_alive = true;
                    }
                }
            }
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                let length = decimal(header.value).ok_or(Malformed)?;
                if self.length.is_some_and(|other| other != length) {
                    return Err(Malformed);
                }
                self.length = Some(length);
            }
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                let last = tokens(header.value).last();
                self.chunked = Some(last.is_some_and(|c| c.eq_ignore_ascii_case(b"chunked")));
            }
            _ => {}
        }
        Ok(())
    }

    fn length(&self) -> Length {
        match (self.chunked, self.length) {
            (Some(true), _) => Length::Chunked,
            (None, Some(length)) => Length::Counted(length),
            _ => Length::UntilEnd,
        }
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

fn decimal(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Status(u16);

    impl Witness for Status {
        fn status(&mut self, status: u16) {
            self.0 = status;
        }
        fn wants_headers(&self) -> bool {
            false
        }
        fn header(&mut self, _: &str, _: &[u8]) {}
        fn body(&mut self, _: &[u8]) {}
    }

    /// Status and length of the body, as they are known after the bytes were read.
    fn read(heads: &mut Heads, bytes: &str) -> (u16, Option<Length>) {
        let mut status = Status(0);
        let head = heads.read(bytes.as_bytes(), &mut status).unwrap();
        (status.0, head.and_then(|head| Some(head.framing?.length)))
    }

    #[test]
    fn a_head_that_is_recognised_means_what_it_meant() {
        let mut heads = Heads::default();
        let head = |status, length| {
            format!("HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\n\r\nbody")
        };
        for turn in 0..3 {
            for server in 0..6 {
                let seen = read(&mut heads, &head(200 + server, server));
                let expected = (200 + server, Some(Length::Counted(server.into())));
                assert_eq!(seen, expected, "turn {turn}");
            }
        }
        assert_eq!(heads.known.len(), REMEMBERED);
        assert_eq!(read(&mut heads, "HTTP/1.1 205 OK\r\nContent-Le"), (0, None));
    }

    #[test]
    fn an_interim_head_is_passed_over_each_time() {
        let mut heads = Heads::default();
        for _ in 0..2 {
            let seen = read(&mut heads, "HTTP/1.1 100 Continue\r\n\r\n");
            assert_eq!(seen, (0, None));
        }
        assert!(heads.known.is_empty());
    }

    #[test]
    fn heads_that_never_repeat_are_hardly_remembered() {
        let mut heads = Heads::default();
        let mut kept = 0;
        for number in 0..10 * PATIENCE {
            let head = format!("HTTP/1.1 200 OK\r\nX: {number}\r\n\r\n");
            read(&mut heads, &head);
            let remembered = heads
                .known
                .iter()
                .any(|(known, _)| *known == head.as_bytes());
            kept += u32::from(remembered);
        }
        assert_eq!(kept, PATIENCE + 9);
    }
}
