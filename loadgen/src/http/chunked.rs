//! The chunked transfer coding (RFC 9112, section 7.1), byte by byte but for the data.

use super::response::Malformed;

/// Trailers longer than this are not accepted.
const MAX_TRAILERS: u32 = 16 * 1024;
/// An extension longer than this is not accepted.
const MAX_EXTENSION: u32 = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the size's digits; so many were read.
    Size(u8),
    /// After the size, so many bytes to its line's end.
    Extension(u32),
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    /// At the start of a line of the trailers.
    TrailerStart,
    Trailer,
    TrailersEnd,
    Complete,
}

/// A chunked body on its way.
#[derive(Debug)]
pub(crate) struct Chunks {
    place: Place,
    /// Bytes left of the chunk.
    left: u64,
    trailers: u32,
}

impl Default for Chunks {
    fn default() -> Self {
        Self {
            place: Place::Size(0),
            left: 0,
            trailers: 0,
        }
    }
}

impl Chunks {
    pub(crate) fn is_complete(&self) -> bool {
        self.place == Place::Complete
    }

    /// Takes what belongs to the body; returns how many bytes that were.
    pub(crate) fn read(
        &mut self,
        input: &[u8],
        mut data: impl FnMut(&[u8]),
    ) -> Result<usize, Malformed> {
        let mut taken = 0;
        while taken < input.len() && !self.is_complete() {
            if self.place == Place::Data {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX);
                let piece = &input[taken..][..most.min(input.len() - taken)];
                data(piece);
                taken += piece.len();
                self.left -= piece.len() as u64;
                if self.left == 0 {
                    self.place = Place::DataReturn;
                }
            } else {
                self.place = self.step(input[taken])?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    fn step(&mut self, byte: u8) -> Result<Place, Malformed> {
        Ok(match (self.place, byte) {
            (Place::Size(digits), _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let size = self.left.checked_mul(16).ok_or(Malformed)?;
                self.left = size + u64::from(digit);
                // Leading zeros count: at most 16 digits, as the value fits in 64 bits.
                Place::Size((digits < 16).then_some(digits + 1).ok_or(Malformed)?)
            }
            (Place::Size(1..) | Place::Extension(_), b'\r') => Place::SizeEnd,
            (Place::Size(1..), b';' | b' ' | b'\t') => Place::Extension(0),
            (Place::Extension(_), b'\n') => return Err(Malformed),
            (Place::Extension(length), _) if length < MAX_EXTENSION => Place::Extension(length + 1),
            (Place::SizeEnd, b'\n') if self.left == 0 => Place::TrailerStart,
            (Place::SizeEnd, b'\n') => Place::Data,
            (Place::DataReturn, b'\r') => Place::DataEnd,
            (Place::DataEnd, b'\n') => Place::Size(0),
            (Place::TrailerStart, b'\r') => Place::TrailersEnd,
            (Place::TrailersEnd, b'\n') => Place::Complete,
            (Place::Trailer, b'\n') => Place::TrailerStart,
            (Place::TrailerStart | Place::Trailer, _) if self.trailers < MAX_TRAILERS => {
                self.trailers += 1;
                Place::Trailer
            }
            _ => return Err(Malformed),
        })
    }
}
