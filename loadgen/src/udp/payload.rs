//! What a datagram and its echo hold. All numbers are big endian.
//!
//! | bytes | datagram |
//! |---|---|
//! | 8 | [`MAGIC`]: `LVSECHO` in ASCII, and the version `1` |
//! | 8 | the datagram's number, from 0 |
//! | 8 | when it was sent: nanoseconds from the beginning of the load, for captures; not used |
//! | any | padding, up to the size that was asked for |
//!
//! The server echoes all of that, and appends its name: one byte of length, and so many bytes of
//! ASCII. The project's `backend` does so (`backend/src/udp/datagram.rs`); an echo without a name counts
//! as well. A datagram has to leave room for the name: see [`MAX_SIZE`].

/// What every datagram begins with.
pub const MAGIC: [u8; 8] = *b"LVSECHO1";
/// The length of a datagram without padding.
pub const HEADER: usize = 24;
/// The longest datagram that has room for a name: UDP over IPv4 carries 65 507 bytes.
pub const MAX_SIZE: usize = 65_507 - 256;

/// A datagram's number, and when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its number, from 0.
    pub number: u64,
    /// Nanoseconds from the beginning of the load.
    pub sent: u64,
}

/// An echo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo<'a> {
    /// What was sent.
    pub datagram: Datagram,
    /// Who echoed it; nothing if nobody gave a name.
    pub server: Option<&'a str>,
}

/// It is not an echo of a datagram of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an echo of what was sent")]
pub struct NotAnEcho;

impl Datagram {
    /// Writes it over the beginning of `bytes`, which are its size; [`HEADER`] bytes at least.
    pub fn write(self, bytes: &mut [u8]) {
        let fields = [MAGIC, self.number.to_be_bytes(), self.sent.to_be_bytes()].concat();
        for (to, from) in bytes.iter_mut().zip(fields) {
            *to = from;
        }
    }

    /// Reads it from the beginning of `bytes`, as a server does.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAnEcho> {
        let (magic, rest) = number(bytes)?;
        let (number_, rest) = number(rest)?;
        let (sent, _) = number(rest)?;
        if magic != u64::from_be_bytes(MAGIC) {
            return Err(NotAnEcho);
        }
        Ok(Self {
            number: number_,
            sent,
        })
    }
}

impl<'a> Echo<'a> {
    /// Reads the echo of a datagram of `size` bytes.
    pub fn read(bytes: &'a [u8], size: usize) -> Result<Self, NotAnEcho> {
        let datagram = Datagram::read(bytes)?;
        let appended = bytes.get(size..).ok_or(NotAnEcho)?;
        let server = match appended.split_first() {
            None | Some((0, _)) => None,
            Some((length, name)) => {
                let name = name.get(..usize::from(*length)).ok_or(NotAnEcho)?;
                Some(std::str::from_utf8(name).map_err(|_| NotAnEcho)?)
            }
        };
        Ok(Self { datagram, server })
    }
}

fn number(bytes: &[u8]) -> Result<(u64, &[u8]), NotAnEcho> {
    let (number, rest) = bytes.split_first_chunk().ok_or(NotAnEcho)?;
    Ok((u64::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_these() {
        let mut bytes = [0xff; HEADER + 1];
        Datagram { number: 1, sent: 2 }.write(&mut bytes);
        assert_eq!(&bytes, b"LVSECHO1\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\xff");
    }

    proptest! {
        #[test]
        fn an_echo_names_the_datagram_and_the_server(
            number: u64,
            sent: u64,
            padding in 0_usize..100,
            name in "[a-z0-9é]{0,100}",
        ) {
            let datagram = Datagram { number, sent };
            let mut bytes = vec![0; HEADER + padding];
            datagram.write(&mut bytes);
            bytes.push(u8::try_from(name.len()).unwrap());
            bytes.extend_from_slice(name.as_bytes());
            let server = (!name.is_empty()).then_some(&*name);
            prop_assert_eq!(Echo::read(&bytes, HEADER + padding), Ok(Echo { datagram, server }));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, size in 0_usize..100) {
            let _ = Echo::read(&bytes, size);
        }
    }
}
