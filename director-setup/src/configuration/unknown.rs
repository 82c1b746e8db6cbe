//! Attributes without a name: a number, and a payload in hexadecimal.

use super::fields::Fields;
use super::review::{Review, Value, quoted};
use crate::{UnknownAttribute, UnknownAttributes};

/// The largest number of an attribute: the two bits above are netlink's.
const NUMBER_MAX: u32 = 0x3fff;
/// With its header of 4 bytes an attribute fits 16 bits.
const PAYLOAD_MAX: usize = 65531;

const WHAT: &str = "an attribute without a name";
const WANTED: &str = "a table such as { number = 16, payload = \"0a00\" }";

/// Reads what [`write`] writes.
pub(super) fn parse(review: &mut Review, value: Option<Value<'_>>) -> UnknownAttributes {
    let list = value.map_or(&[][..], |value| review.list(value, "a list"));
    list.iter()
        .filter_map(|value| attribute(review, value))
        .collect()
}

fn attribute(review: &mut Review, value: Value<'_>) -> Option<UnknownAttribute> {
    let mut fields = Fields::of(review, WHAT, WANTED, value)?;
    let number = fields.need(review, "number").and_then(|value| {
        let wanted = format!("a number from 1 to {NUMBER_MAX}");
        review.number(value, 1..=NUMBER_MAX, &wanted)
    });
    let payload = fields.need(review, "payload").and_then(|value| {
        let text = review.text(value, "hexadecimal digits in quotes")?;
        let bytes = from_hexadecimal(text).filter(|bytes| bytes.len() <= PAYLOAD_MAX);
        if bytes.is_none() {
            let text = format!(
                "{} is not bytes of two hexadecimal digits each",
                quoted(text)
            );
            review.wrong(&value.span(), text);
        }
        bytes
    });
    fields.close(review);
    let (number, payload) = (number?, payload?);
    Some(UnknownAttribute { number, payload })
}

/// The list as TOML.
pub(super) fn write(attributes: &UnknownAttributes) -> String {
    let list: Vec<String> = attributes
        .iter()
        .map(|UnknownAttribute { number, payload }| {
            let digits = hexadecimal(payload);
            format!("{{ number = {number}, payload = \"{digits}\" }}")
        })
        .collect();
    format!("[{}]", list.join(", "))
}

fn hexadecimal(payload: &[u8]) -> String {
    let digits = payload.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let digits: Vec<u32> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high << 4 | low).ok();
    pairs.iter().map(byte).collect()
}
