//! Reading and writing the attributes of one object.

use std::io::Cursor;

use neli::FromBytesWithInput;
use neli::consts::genl::NlAttrType;
use neli::genl::{AttrTypeBuilder, Nlattr, NlattrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::{Size, ToBytes};

use super::{DecodeError, Object};
use crate::{UnknownAttribute, UnknownAttributes};

/// The attributes of one object in a message from the kernel.
pub(super) struct Attributes<A> {
    object: Object,
    list: GenlBuffer<A, Buffer>,
}

impl<A: NlAttrType> Attributes<A> {
    pub(super) fn parse(object: Object, bytes: &[u8]) -> Result<Self, DecodeError> {
        GenlBuffer::from_bytes_with_input(&mut Cursor::new(bytes), bytes.len())
            .map(|list| Self { object, list })
            .map_err(|error| DecodeError::Attributes {
                object,
                reason: error.to_string(),
            })
    }

    /// The payload of the first attribute of this kind.
    pub(super) fn find(&self, attribute: A) -> Option<&[u8]> {
        self.list
            .iter()
            .find(|candidate| *candidate.nla_type().nla_type() == attribute)
            .map(|found| found.nla_payload().as_ref())
    }

    /// The attributes for which `number` finds that their kind has no name.
    pub(super) fn unknown(&self, number: impl Fn(&A) -> Option<u16>) -> UnknownAttributes {
        let unnamed = |attribute: &Nlattr<A, Buffer>| {
            Some(UnknownAttribute {
                number: number(attribute.nla_type().nla_type())?,
                payload: attribute.nla_payload().as_ref().to_vec(),
            })
        };
        self.list.iter().filter_map(unnamed).collect()
    }

    pub(super) fn bytes(&self, attribute: A) -> Result<&[u8], DecodeError> {
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
    pub(super) fn text(&self, attribute: A) -> Result<&str, DecodeError> {
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
