//! Reads HTTP/1 responses in place: no I/O, no allocation for a response that comes in one piece,
//! bodies counted and dropped.

use super::chunked::Chunks;
pub use super::head::Heads;
use super::head::Length;

/// A head that is longer than this, or has more headers, is not accepted.
pub const MAX_HEAD: usize = 64 * 1024;
/// See [`MAX_HEAD`].
pub const MAX_HEADERS: usize = 128;

/// What came is not an HTTP/1 response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an HTTP/1 response")]
pub struct Malformed;

/// What a request lets its response have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A body, if its head says so.
    Possible,
    /// None, as it answers a HEAD.
    Never,
}

/// What the end of the stream means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The response is complete.
    Complete,
    /// It ended before the head was complete.
    InHead,
    /// It ended before the body was complete.
    InBody,
}

/// Is shown a response as it goes by.
pub trait Witness {
    /// The status of the final response, before its headers.
    fn status(&mut self, status: u16);
    /// Whether it wants to be shown the headers.
    fn wants_headers(&self) -> bool {
        true
    }
    /// A header of the final response.
    fn header(&mut self, name: &str, value: &[u8]);
    /// A piece of the body.
    fn body(&mut self, piece: &[u8]);
}

#[derive(Debug)]
enum State {
    Head,
    /// So many bytes of body are left.
    Counted(u64),
    Chunked(Chunks),
    /// The body ends with the stream.
    UntilEnd,
    Complete,
}

/// One response after the other of a connection.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    body: Body,
    /// The beginning of a head that came in pieces.
    begun: Vec<u8>,
    keep_alive: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            state: State::Head,
            body: Body::Possible,
            begun: Vec::new(),
            keep_alive: false,
        }
    }
}

impl Decoder {
    /// Begins with the next response.
    pub fn next(&mut self, body: Body) {
        self.state = State::Head;
        self.body = body;
        self.begun.clear();
        self.keep_alive = false;
    }

    /// Takes what belongs to this response and returns how many bytes that were. `heads` can be
    /// shared by all connections of a thread.
    pub fn read(
        &mut self,
        input: &[u8],
        heads: &mut Heads,
        witness: &mut impl Witness,
    ) -> Result<usize, Malformed> {
        let mut rest = input;
        while !rest.is_empty() && !self.is_complete() {
            let taken = match &mut self.state {
                State::Head => self.head(rest, heads, witness)?,
                State::Counted(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    witness.body(&rest[..taken]);
                    *left -= taken as u64;
                    if *left == 0 {
                        self.state = State::Complete;
                    }
                    taken
                }
                State::Chunked(chunks) => {
                    let taken = chunks.read(rest, |piece| witness.body(piece))?;
                    if chunks.is_complete() {
                        self.state = State::Complete;
                    }
                    taken
                }
                State::UntilEnd => {
                    witness.body(rest);
                    rest.len()
                }
                State::Complete => 0,
            };
            rest = &rest[taken..];
        }
        Ok(input.len() - rest.len())
    }

    /// Whether the response is complete.
    pub fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    /// Whether the head is complete.
    pub fn has_head(&self) -> bool {
        !matches!(self.state, State::Head)
    }

    /// Whether the server keeps the connection after this response.
    pub fn keep_alive(&self) -> bool {
        self.keep_alive && self.is_complete()
    }

    /// What the end of the stream means here.
    pub fn end(&mut self) -> End {
        match self.state {
            State::Head => End::InHead,
            State::Counted(_) | State::Chunked(_) => End::InBody,
            State::UntilEnd | State::Complete => {
                self.state = State::Complete;
                End::Complete
            }
        }
    }

    /// Takes a head, or a piece of one.
    fn head(
        &mut self,
        input: &[u8],
        heads: &mut Heads,
        witness: &mut impl Witness,
    ) -> Result<usize, Malformed> {
        let before = self.begun.len();
        if before == 0
            && let Some(length) = self.parse(input, heads, witness)?
        {
            return Ok(length);
        }
        // What is more than a head may have is body, if the head ends before.
        let piece = &input[..input.len().min(MAX_HEAD - before)];
        self.begun.extend_from_slice(piece);
        if before == 0 {
            return self.incomplete(piece);
        }
        // Only the end of a line can complete a head, and only a first line can be no HTTP.
        if before > 16 && !piece.contains(&b'\n') {
            return self.incomplete(piece);
        }
        let begun = std::mem::take(&mut self.begun);
        if let Some(length) = self.parse(&begun, heads, witness)? {
            return Ok(length.saturating_sub(before));
        }
        self.begun = begun;
        self.incomplete(piece)
    }

    /// All of `piece` belongs to a head that goes on, unless it is too long already.
    fn incomplete(&self, piece: &[u8]) -> Result<usize, Malformed> {
        if self.begun.len() < MAX_HEAD {
            Ok(piece.len())
        } else {
            Err(Malformed)
        }
    }

    /// Goes by a head, if it is complete; its length. Interim responses are passed over.
    fn parse(
        &mut self,
        bytes: &[u8],
        heads: &mut Heads,
        witness: &mut impl Witness,
    ) -> Result<Option<usize>, Malformed> {
        let Some(head) = heads.read(bytes, witness)? else {
            return Ok(None);
        };
        let Some(framing) = head.framing else {
            return Ok(Some(head.length));
        };
        let has_body = self.body == Body::Possible && !matches!(head.status, 101 | 204 | 304);
        let length = has_body.then_some(framing.length);
        self.keep_alive = framing.keep_alive && length != Some(Length::UntilEnd);
        self.state = match length {
            None | Some(Length::Counted(0)) => State::Complete,
            Some(Length::Counted(length)) => State::Counted(length),
            Some(Length::Chunked) => State::Chunked(Chunks::default()),
            Some(Length::UntilEnd) => State::UntilEnd,
        };
        Ok(Some(head.length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        status: u16,
        headers: usize,
        body: Vec<u8>,
    }

    impl Witness for Seen {
        fn status(&mut self, status: u16) {
            self.status = status;
        }
        fn header(&mut self, _: &str, _: &[u8]) {
            self.headers += 1;
        }
        fn body(&mut self, piece: &[u8]) {
            self.body.extend_from_slice(piece);
        }
    }

    /// Reads `bytes` in pieces; what was seen, how many bytes were taken, and what their end means.
    fn read(bytes: &[u8], piece: usize) -> Result<(Seen, usize, bool, End), Malformed> {
        let (mut decoder, mut seen, mut taken) = (Decoder::default(), Seen::default(), 0);
        let mut heads = Heads::default();
        for piece in bytes.chunks(piece) {
            taken += decoder.read(piece, &mut heads, &mut seen)?;
        }
        let end = decoder.end();
        Ok((seen, taken, decoder.keep_alive(), end))
    }

    #[track_caller]
    fn assert_body(bytes: &str, body: &str, keep_alive: bool) {
        for piece in [1, 2, 7, bytes.len()] {
            let (seen, taken, kept, end) = read(bytes.as_bytes(), piece).unwrap();
            assert_eq!(std::str::from_utf8(&seen.body), Ok(body), "{piece}");
            assert_eq!((kept, end), (keep_alive, End::Complete), "{piece}");
            assert_eq!(taken, bytes.len());
        }
    }

    #[test]
    fn each_framing_gives_the_body_however_it_is_cut() {
        assert_body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", true);
        assert_body(
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "ok",
            false,
        );
        assert_body(
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok",
            "ok",
            true,
        );
        assert_body("HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", false);
        assert_body(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
            "ok",
            true,
        );
        assert_body("HTTP/1.1 204 No\r\n\r\n", "", true);
        assert_body("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", "", true);
        assert_body(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            "x",
            true,
        );
        assert_body(
            "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 1\r\n\r\nx",
            "x",
            true,
        );
    }

    #[test]
    fn what_follows_a_response_is_left() {
        let (seen, taken, _, _) =
            read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", 100).unwrap();
        assert_eq!((seen.body, taken), (b"ok".to_vec(), 40));
    }

    #[test]
    fn an_early_end_is_in_the_head_or_in_the_body() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        for length in 0..whole.len() {
            let (_, _, _, end) = read(&whole[..length], 9).unwrap();
            let expected = if length < 38 {
                End::InHead
            } else {
                End::InBody
            };
            assert_eq!(end, expected, "{length}");
        }
    }

    #[test]
    fn a_head_in_two_pieces_may_be_followed_by_a_full_buffer() {
        let body = "b".repeat(3 * MAX_HEAD);
        let bytes = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (mut decoder, mut heads) = (Decoder::default(), Heads::default());
        let mut seen = Seen::default();
        let (begun, rest) = bytes.as_bytes().split_at(30);
        for mut piece in [begun].into_iter().chain(rest.chunks(MAX_HEAD)) {
            piece = &piece[decoder.read(piece, &mut heads, &mut seen).unwrap()..];
            assert!(piece.is_empty());
        }
        assert!(decoder.is_complete());
        assert_eq!(seen.body.len(), body.len());
    }

    #[test]
    fn what_is_no_response_is_refused_at_once() {
        for bytes in [
            "SSH-2.0-odd",
            "HTTP/1.1 2x0 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nodd\r\n",
        ] {
            for piece in [1, 1000] {
                assert_eq!(read(bytes.as_bytes(), piece), Err(Malformed), "{bytes}");
            }
        }
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD));
        assert_eq!(read(endless.as_bytes(), 1000), Err(Malformed));
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "X: y\r\n".repeat(MAX_HEADERS + 1)
        );
        assert_eq!(read(many.as_bytes(), 1000), Err(Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_mean_the_same_however_they_are_cut(
            head in "HTTP/1\\.[01] [1-5][0-9][0-9] ?(OK)?\r\n((content-length: [0-9]|transfer-encoding: chunked|connection: (close|keep-alive)|x: y)\r\n){0,3}\r\n",
            body in "([0-9a-f]{1,2}|[a-z ;]|\r\n){0,30}",
            piece in 1_usize..9,
        ) {
            let bytes = [head.as_bytes(), body.as_bytes()].concat();
            prop_assert_eq!(read(&bytes, piece), read(&bytes, bytes.len()));
        }
    }
}
