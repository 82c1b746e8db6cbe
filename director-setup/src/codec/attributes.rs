//! Reading and writing the attributes of one object.

use neli::consts::genl::NlAttrType;
use neli::genl::{AttrTypeBuilder, Nlattr, NlattrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::{Size, ToBytes};

use super::{DecodeError, Object};
use crate::{UnknownAttribute, UnknownAttributes};

/// The attributes of one object in a message from the kernel, still in its bytes: a director may
/// have 100 000 real servers of 40 attributes.
pub(super) struct Attributes<'a, A> {
    object: Object,
    list: Vec<(A, &'a [u8])>,
}

/// Length and kind.
const HEADER: usize = 4;
const ALIGNMENT: usize = 4;
/// The kind without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER` (`include/uapi/linux/netlink.h`).
const KIND: u16 = 0x3fff;

impl<'a, A: NlAttrType> Attributes<'a, A> {
    pub(super) fn parse(object: Object, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut list = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let malformed = || DecodeError::Attributes {
                object,
                available: rest.len(),
            };
            let [l0, l1, k0, k1] = *rest.first_chunk::<HEADER>().ok_or_else(malformed)?;
            let length = usize::from(u16::from_ne_bytes([l0, l1]));
            let payload = rest.get(HEADER..length).ok_or_else(malformed)?;
            list.push((A::from(u16::from_ne_bytes([k0, k1]) & KIND), payload));
            // The last one need not be padded.
            rest = rest
                .get(length.next_multiple_of(ALIGNMENT)..)
                .unwrap_or_default();
        }
        Ok(Self { object, list })
    }

    /// The payload of the first attribute of this kind.
    pub(super) fn find(&self, attribute: A) -> Option<&'a [u8]> {
        let mut list = self.list.iter();
        list.find(|(kind, _)| *kind == attribute)
            .map(|(_, payload)| *payload)
    }

    /// The attributes for which `number` finds that their kind has no name.
    pub(super) fn unknown(&self, number: impl Fn(&A) -> Option<u16>) -> UnknownAttributes {
        let unnamed = |(kind, payload): &(A, &[u8])| {
            Some(UnknownAttribute {
                number: number(kind)?,
                payload: payload.to_vec(),
            })
        };
        self.list.iter().filter_map(unnamed).collect()
    }

    pub(super) fn bytes(&self, attribute: A) -> Result<&'a [u8], DecodeError> {
        self.find(attribute).ok_or_else(|| DecodeError::Missing {
            object: self.object,
            attribute: format!("{attribute:?}"),
        })
    }

    pub(super) fn array<const N: usize>(&self, attribute: A) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes(attribute)?;
        bytes
            .try_into()
            .map_err(|_| self.wrong_length(attribute, N, bytes.len()))
    }

    pub(super) fn u8(&self, attribute: A) -> Result<u8, DecodeError> {
        self.array(attribute).map(u8::from_ne_bytes)
    }

    pub(super) fn u16(&self, attribute: A) -> Result<u16, DecodeError> {
        self.array(attribute).map(u16::from_ne_bytes)
    }

    /// A 16-bit number in network order, as ports are.
    pub(super) fn be_u16(&self, attribute: A) -> Result<u16, DecodeError> {
        self.array(attribute).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&self, attribute: A) -> Result<u32, DecodeError> {
        self.array(attribute).map(u32::from_ne_bytes)
    }

    /// A number of 32 or 64 bits, whichever the kernel sent.
    pub(super) fn u32_or_u64(&self, attribute: A) -> Result<u64, DecodeError> {
        let bytes = self.bytes(attribute)?;
        if let Ok(word) = bytes.try_into() {
            return Ok(u64::from(u32::from_ne_bytes(word)));
        }
        self.array(attribute).map(u64::from_ne_bytes)
    }

    /// Text up to its terminating NUL.
    pub(super) fn text(&self, attribute: A) -> Result<&'a str, DecodeError> {
        let bytes = self.bytes(attribute)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len())])
            .map_err(|_| self.impossible(attribute, &format!("{bytes:?}")))
    }

    pub(super) fn text_owned(&self, attribute: A) -> Result<String, DecodeError> {
        self.text(attribute).map(str::to_owned)
    }

    /// `None` where an attribute that may be absent is absent.
    pub(super) fn optional<T>(
        &self,
        attribute: A,
        read: impl FnOnce(&Self, A) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.find(attribute) {
            Some(_) => read(self, attribute).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn impossible(&self, attribute: A, value: &impl ToString) -> DecodeError {
        DecodeError::Value {
            object: self.object,
            attribute: format!("{attribute:?}"),
            value: value.to_string(),
        }
    }

    fn wrong_length(&self, attribute: A, expected: usize, found: usize) -> DecodeError {
        DecodeError::AttributeLength {
            object: self.object,
            attribute: format!("{attribute:?}"),
            expected,
            found,
        }
    }
}

/// One attribute of a request. The payload must stay below 64 KiB, which every caller's type does.
pub(super) fn attribute<A, P>(kind: A, payload: P) -> Nlattr<A, Buffer>
where
    A: NlAttrType,
    P: Size + ToBytes,
{
    build(kind, false, payload)
}

/// Whether the kernel can store this text together with its terminating NUL.
pub(super) fn is_name(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && !name.contains('\0')
}

/// A nest of attributes for a request.
pub(super) fn nest<A, B>(kind: A, children: GenlBuffer<B, Buffer>) -> Nlattr<A, Buffer>
where
    A: NlAttrType,
    B: NlAttrType,
{
    build(kind, true, children)
}

fn build<A, P>(kind: A, nested: bool, payload: P) -> Nlattr<A, Buffer>
where
    A: NlAttrType,
    P: Size + ToBytes,
{
    let kind = AttrTypeBuilder::default()
        .nla_type(kind)
        .nla_nested(nested)
        .build()
        .expect("the only field without a default is given");
    NlattrBuilder::default()
        .nla_type(kind)
        .nla_payload(payload)
        .build()
        .expect("both fields are given, and writing to memory cannot fail")
}
