//! Frames: length and checksum around opaque bytes, for pipes and serial lines.
//!
//! A frame is the four bytes `LVSf`, the payload's length and its CRC-32 (both 32-bit, little
//! endian), and the payload. Anything before the first frame is skipped: a kernel may print there
//! before its serial driver takes over.

use std::io::{self, Read, Write};

const MAGIC: [u8; 4] = *b"LVSf";
const HEADER: usize = 12;

/// The largest payload: a record of a thousand real servers is about 1 MiB.
const MAX_PAYLOAD: usize = 16 << 20;

/// How many stray bytes are skipped in front of a frame before the line counts as broken.
const MAX_NOISE: usize = 64 << 10;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The other side closed the line between two frames.
    #[error("the line was closed")]
    Closed,
    /// The other side closed the line inside a frame.
    #[error("the line was closed in the middle of a frame")]
    Truncated,
    /// More stray bytes than any kernel prints.
    #[error("{MAX_NOISE} bytes without a frame")]
    Noise,
    /// The length field cannot be true.
    #[error("a frame claims {0} bytes; the limit is {MAX_PAYLOAD}")]
    TooLong(usize),
    /// The payload was damaged on the way.
    #[error("a frame's checksum is wrong")]
    Checksum,
    /// The line itself failed.
    #[error("cannot read from the line")]
    Io(#[from] io::Error),
}

/// Writes one frame and flushes it.
pub fn write_frame(line: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|length| *length as usize <= MAX_PAYLOAD)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "frame payload too long"))?;
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(&MAGIC);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    frame.extend_from_slice(payload);
    line.write_all(&frame)?;
    line.flush()
}

/// Reads the next frame and returns its payload.
pub fn read_frame(line: &mut impl Read) -> Result<Vec<u8>, FrameError> {
    skip_to_magic(line)?;
    let mut fields = [0; HEADER - MAGIC.len()];
    fill(line, &mut fields)?;
    let [l0, l1, l2, l3, c0, c1, c2, c3] = fields;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if length > MAX_PAYLOAD {
        return Err(FrameError::TooLong(length));
    }
    let mut payload = vec![0; length];
    fill(line, &mut payload)?;
    if crc32fast::hash(&payload) == u32::from_le_bytes([c0, c1, c2, c3]) {
        Ok(payload)
    } else {
        Err(FrameError::Checksum)
    }
}

/// Consumes bytes up to and including the magic.
fn skip_to_magic(line: &mut impl Read) -> Result<(), FrameError> {
    let mut window = [0; MAGIC.len()];
    for seen in 0..MAX_NOISE {
        let mut byte = [0];
        match fill(line, &mut byte) {
            Err(FrameError::Truncated) if seen == 0 => return Err(FrameError::Closed),
            other => other?,
        }
        window.rotate_left(1);
        window[MAGIC.len() - 1] = byte[0];
        if window == MAGIC {
            return Ok(());
        }
    }
    Err(FrameError::Noise)
}

fn fill(line: &mut impl Read, buffer: &mut [u8]) -> Result<(), FrameError> {
    line.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => FrameError::Truncated,
        _ => FrameError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(payload: &[u8]) -> Vec<u8> {
        let mut line = Vec::new();
        write_frame(&mut line, payload).unwrap();
        line
    }

    proptest! {
        #[test]
        fn every_payload_comes_back(payload: Vec<u8>) {
            prop_assert_eq!(read_frame(&mut framed(&payload).as_slice()).unwrap(), payload);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = read_frame(&mut bytes.as_slice());
        }

        #[test]
        fn a_flipped_bit_never_yields_another_payload(payload: Vec<u8>, bit: prop::sample::Index) {
            let mut line = framed(&payload);
            let bit = bit.index(line.len() * 8);
            line[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = read_frame(&mut line.as_slice()) {
                prop_assert_eq!(read, payload);
            }
        }
    }

    #[test]
    fn a_kernel_may_print_before_the_first_frame() {
        let mut line = b"Linux version 6.1 LVS LVSLVS".to_vec();
        line.extend(framed(b"hello"));
        assert_eq!(read_frame(&mut line.as_slice()).unwrap(), b"hello");
    }

    #[test]
    fn the_end_between_frames_differs_from_the_end_inside_one() {
        assert!(matches!(
            read_frame(&mut [].as_slice()),
            Err(FrameError::Closed)
        ));
        let mut line = framed(b"hello");
        line.pop();
        assert!(matches!(
            read_frame(&mut line.as_slice()),
            Err(FrameError::Truncated)
        ));
    }

    #[test]
    fn a_hostile_length_is_refused_before_memory_is_taken() {
        let mut line = MAGIC.to_vec();
        line.extend([0xff; 8]);
        assert!(matches!(
            read_frame(&mut line.as_slice()),
            Err(FrameError::TooLong(_))
        ));
    }
}
