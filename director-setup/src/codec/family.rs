//! The number under which the kernel registered a family: `CTRL_CMD_GETFAMILY` in
//! `net/netlink/genetlink.c` (Linux 6.12).

use neli::consts::genl::{CtrlAttr, CtrlCmd};
use neli::consts::nl::{GenlId, NlmF};

use super::attributes::{Attributes, attribute};
use super::message::encode_request;
use super::{DecodeError, Object};

/// The command byte of the answer, `CTRL_CMD_NEWFAMILY`.
pub const ANSWER: u8 = 1;
/// The version of the control family.
const CONTROL_VERSION: u8 = 2;

/// The whole request for the number of the family of this name; it has one answer.
pub fn encode_request_for(name: &str, sequence: u32) -> Vec<u8> {
    let name = attribute(CtrlAttr::FamilyName, name);
    encode_request(
        GenlId::Ctrl.into(),
        NlmF::empty(),
        sequence,
        (CtrlCmd::Getfamily, CONTROL_VERSION),
        std::iter::once(name).collect(),
    )
}

/// The family's number in the answer.
pub fn decode(bytes: &[u8]) -> Result<u16, DecodeError> {
    Attributes::parse(Object::Family, bytes)?.u16(CtrlAttr::FamilyId)
}
