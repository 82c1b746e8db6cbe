//! Responses as a server may send them: any bytes, cut anywhere, are read without a panic, and mean
//! the same however they are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::response::{Body, Decoder, End, Heads, Malformed, Witness};

#[derive(Debug, Default, PartialEq)]
struct Seen {
    status: Option<u16>,
    headers: usize,
    body: Vec<u8>,
}

impl Witness for Seen {
    fn status(&mut self, status: u16) {
        self.status = Some(status);
    }
    fn header(&mut self, _: &str, _: &[u8]) {
        self.headers += 1;
    }
    fn body(&mut self, piece: &[u8]) {
        self.body.extend_from_slice(piece);
    }
}

fn read(bytes: &[u8], piece: usize, body: Body) -> Result<(Seen, usize, End), Malformed> {
    let (mut decoder, mut seen, mut taken) = (Decoder::default(), Seen::default(), 0);
    let mut heads = Heads::default();
    decoder.next(body);
    for piece in bytes.chunks(piece) {
        taken += decoder.read(piece, &mut heads, &mut seen)?;
    }
    Ok((seen, taken, decoder.end()))
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (piece, head, bytes) = input;
    let body = if head { Body::Never } else { Body::Possible };
    let whole = read(bytes, bytes.len().max(1), body);
    let cut = read(bytes, usize::from(piece).max(1), body);
    // Bad bytes behind a line that is not complete may be seen later, but not taken for good.
    match (&whole, &cut) {
        (Ok(whole), Ok(cut)) => assert_eq!(whole, cut),
        (Err(_), Ok((_, _, end))) => assert_eq!(*end, End::InHead),
        (Ok((_, _, end)), Err(_)) => assert_eq!(*end, End::InHead),
        (Err(_), Err(_)) => {}
    }
});
