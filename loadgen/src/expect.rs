//! Which complete responses count as completed requests.

use std::ops::RangeInclusive;

use bytes::Bytes;
use ring::digest::{Context, SHA256};

use crate::ErrorClass;

/// What a response must be. What is not is a failed request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Its status.
    pub status: ExpectStatus,
    /// The length of its body.
    pub length: ExpectLength,
    /// The content of its body.
    pub body: Option<ExpectBody>,
}

/// The expected status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExpectStatus {
    /// 2xx.
    #[default]
    Success,
    /// Any.
    Any,
    /// In one of these ranges.
    OneOf(Vec<RangeInclusive<u16>>),
}

/// The expected length of a body in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpectLength {
    /// Any.
    #[default]
    Any,
    /// That of the load's first complete response.
    AsFirst,
    /// This one.
    Exactly(u64),
}

/// The expected content of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectBody {
    /// These bytes are somewhere in it.
    Contains(Bytes),
    /// It has this SHA-256.
    Sha256([u8; 32]),
}

impl Expect {
    /// Any complete response will do.
    pub fn anything() -> Self {
        Self {
            status: ExpectStatus::Any,
            ..Self::default()
        }
    }

    /// What is wrong with a response, if anything is. `first` is the length of the load's first.
    pub(crate) fn judge(&self, status: u16, length: u64, first: u64) -> Option<ErrorClass> {
        let status_fits = match &self.status {
            ExpectStatus::Success => (200..300).contains(&status),
            ExpectStatus::Any => true,
            ExpectStatus::OneOf(ranges) => ranges.iter().any(|range| range.contains(&status)),
        };
        let length_fits = match self.length {
            ExpectLength::Any => true,
            ExpectLength::AsFirst => length == first,
            ExpectLength::Exactly(expected) => length == expected,
        };
        match (status_fits, length_fits) {
            (false, _) => Some(ErrorClass::BadStatus),
            (true, false) => Some(ErrorClass::WrongLength),
            (true, true) => None,
        }
    }
}

/// Sees a body go by, in pieces, and says at its end whether it is the expected one.
pub(crate) enum BodyCheck {
    Contains {
        wanted: Bytes,
        /// The end of what went by, too short to contain what is wanted.
        tail: Vec<u8>,
        found: bool,
    },
    Sha256 {
        wanted: [u8; 32],
        state: Box<Context>,
    },
}

impl BodyCheck {
    pub(crate) fn new(expected: &ExpectBody) -> Self {
        match expected {
            ExpectBody::Contains(wanted) => Self::Contains {
                wanted: wanted.clone(),
                tail: Vec::new(),
                found: wanted.is_empty(),
            },
            ExpectBody::Sha256(wanted) => Self::Sha256 {
                wanted: *wanted,
                state: Box::new(Context::new(&SHA256)),
            },
        }
    }

    pub(crate) fn see(&mut self, piece: &[u8]) {
        match self {
            Self::Contains { found: true, .. } => {}
            Self::Contains {
                wanted,
                tail,
                found,
            } => {
                let overlap = wanted.len() - 1;
                tail.extend_from_slice(&piece[..piece.len().min(overlap)]);
                *found = contains(tail, wanted) || contains(piece, wanted);
                tail.extend_from_slice(&piece[piece.len().min(overlap)..]);
                tail.drain(..tail.len().saturating_sub(overlap));
            }
            Self::Sha256 { state, .. } => state.update(piece),
        }
    }

    pub(crate) fn fits(self) -> bool {
        match self {
            Self::Contains { found, .. } => found,
            Self::Sha256 { wanted, state } => state.finish().as_ref() == wanted,
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// The expectation of a body for each request of a load.
pub(crate) fn body_check(expect: &Expect) -> Option<BodyCheck> {
    expect.body.as_ref().map(BodyCheck::new)
}

/// The SHA-256 of these bytes, for [`ExpectBody::Sha256`].
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(ring::digest::digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(expected: &ExpectBody, body: &[u8], piece: usize) -> bool {
        let mut check = BodyCheck::new(expected);
        body.chunks(piece).for_each(|piece| check.see(piece));
        check.fits()
    }

    #[test]
    fn what_is_wanted_is_found_however_the_body_is_cut() {
        let wanted = ExpectBody::Contains(Bytes::from_static(b"needle"));
        for piece in 1..20 {
            assert!(
                fits(&wanted, b"hay, hay, a neneedle, hay", piece),
                "{piece}"
            );
            assert!(
                !fits(&wanted, b"hay, hay, a needl, e, hay", piece),
                "{piece}"
            );
        }
    }

    proptest! {
        #[test]
        fn it_is_found_where_it_is_in_the_whole(
            wanted in "[ab]{0,4}",
            body in "[ab]{0,24}",
            piece in 1_usize..9,
        ) {
            let expected = ExpectBody::Contains(Bytes::from(wanted.clone()));
            prop_assert_eq!(fits(&expected, body.as_bytes(), piece), body.contains(&wanted));
        }
    }

    #[test]
    fn a_hash_is_of_the_whole_body() {
        let expected = ExpectBody::Sha256(sha256(b"all of it"));
        assert!(fits(&expected, b"all of it", 4));
        assert!(!fits(&expected, b"all of IT", 4));
    }

    #[test]
    fn status_comes_before_length() {
        let expect = Expect {
            length: ExpectLength::AsFirst,
            ..Expect::default()
        };
        assert_eq!(expect.judge(500, 1, 2), Some(ErrorClass::BadStatus));
        assert_eq!(expect.judge(200, 1, 2), Some(ErrorClass::WrongLength));
        assert_eq!(expect.judge(204, 2, 2), None);
    }
}
