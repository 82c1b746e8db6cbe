//! Datagrams as anybody may send them: read by client and server without a panic, and if both read
//! one, alike.

#![no_main]

use backend::udp::Numbered;
use libfuzzer_sys::fuzz_target;
use loadgen::udp::payload::{Datagram, Echo, HEADER};

fuzz_target!(|input: (u16, &[u8])| {
    let (size, bytes) = input;
    let (sent, served) = (Datagram::read(bytes), Numbered::read(bytes));
    if let Some(served) = served {
        assert_eq!(served.head(), bytes[..HEADER]);
    }
    if let (Ok(sent), Some(served)) = (sent, served) {
        assert_eq!((sent.number, sent.sent), (served.sequence, served.sent));
    }
    if let Ok(datagram) = sent {
        let mut again = [0; HEADER];
        datagram.write(&mut again);
        assert_eq!(again, bytes[..HEADER]);
    }
    if let Ok(echo) = Echo::read(bytes, size.into()) {
        assert_eq!(Ok(echo.datagram), sent);
        // The name is behind what was sent, with its length before it.
        if let Some(name) = echo.server {
            let appended = &bytes[usize::from(size)..];
            assert_eq!(usize::from(appended[0]), name.len());
            assert_eq!(&appended[1..=name.len()], name.as_bytes());
        }
    }
});
