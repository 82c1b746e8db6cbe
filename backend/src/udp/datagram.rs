//! The format of numbered datagrams and of their echoes. This is its only description.
//!
//! A client sends, all numbers big-endian:
//!
//! | bytes | meaning |
//! |---|---|
//! | 0 to 7 | [`MAGIC`]: the ASCII text `LVSECHO` and the version `1` |
//! | 8 to 15 | the sequence number, unsigned |
//! | 16 to 23 | the time of sending in nanoseconds, by the client's own clock, unsigned |
//! | from 24 | anything |
//!
//! The echo is the same datagram, unchanged, followed by the server's name: one byte with its
//! length in bytes, then the name in ASCII. A client finds it behind the length that it had sent.
//! Datagrams without the magic come back unchanged, and with the name only if [`Strangers::Named`].
//! An echo that would be longer than [`LONGEST`] is not sent.

/// How a numbered datagram starts.
pub const MAGIC: [u8; 8] = *b"LVSECHO1";

/// The most bytes that a UDP datagram over IPv4 carries: 65,535 without 20 of IPv4 and 8 of UDP.
pub const LONGEST: usize = 65_507;

/// The part of a numbered datagram that is the same in all: magic, number and time.
const HEAD: usize = 24;

/// What becomes of datagrams without the magic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strangers {
    /// They come back as they are.
    #[default]
    Unchanged,
    /// The server's name is appended to them too.
    Named,
}

/// The numbers at the start of a datagram of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The sequence number.
    pub sequence: u64,
    /// When it was sent, in nanoseconds of the client's clock.
    pub sent: u64,
}

impl Numbered {
    /// The numbers of a datagram; `None` if it is not of this format.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let (magic, rest) = datagram.split_first_chunk::<8>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (sent, _) = rest.split_first_chunk::<8>()?;
        (*magic == MAGIC).then_some(Self {
            sequence: u64::from_be_bytes(*sequence),
            sent: u64::from_be_bytes(*sent),
        })
    }

    /// The start of a datagram with these numbers.
    pub fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&MAGIC);
        head[8..16].copy_from_slice(&self.sequence.to_be_bytes());
        head[16..].copy_from_slice(&self.sent.to_be_bytes());
        head
    }
}

/// The echo of a datagram, if it is not too long. The name has at most 255 bytes.
pub(super) fn echo(datagram: &[u8], name: &str, strangers: Strangers) -> Option<Vec<u8>> {
    let named = Numbered::read(datagram).is_some() || strangers == Strangers::Named;
    let mut echo = Vec::with_capacity(datagram.len() + 1 + name.len());
    echo.extend_from_slice(datagram);
    if named {
        echo.push(u8::try_from(name.len()).ok()?);
        echo.extend_from_slice(name.as_bytes());
    }
    (echo.len() <= LONGEST).then_some(echo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_datagram_comes_back_with_the_name_behind_it() {
        let numbers = Numbered {
            sequence: 1,
            sent: u64::MAX,
        };
        let mut datagram = numbers.head().to_vec();
        assert_eq!(datagram[..16], *b"LVSECHO1\0\0\0\0\0\0\0\x01");
        datagram.extend_from_slice(b"more");
        assert_eq!(Numbered::read(&datagram), Some(numbers));
        let echo = echo(&datagram, "rs1", Strangers::Unchanged).unwrap();
        assert_eq!(echo, [&datagram[..], b"\x03rs1"].concat());
    }

    #[test]
    fn strangers_come_back_unchanged_unless_they_are_to_be_named() {
        for stranger in [
            &b""[..],
            b"LVSECHO1",
            b"LVSECHO2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            let unchanged = echo(stranger, "rs1", Strangers::Unchanged);
            assert_eq!(unchanged.as_deref(), Some(stranger));
            let named = echo(stranger, "rs1", Strangers::Named).unwrap();
            assert_eq!(named, [stranger, b"\x03rs1"].concat());
        }
    }

    #[test]
    fn an_echo_that_no_datagram_can_carry_is_not_made() {
        assert!(echo(&vec![0; LONGEST], "rs1", Strangers::Unchanged).is_some());
        assert_eq!(echo(&vec![0; LONGEST], "rs1", Strangers::Named), None);
    }
}
