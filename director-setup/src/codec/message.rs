//! Whole messages: `struct nlmsghdr` (`include/uapi/linux/netlink.h`) and `struct genlmsghdr`
//! (`include/uapi/linux/genetlink.h`).
//!
//! Answers are taken apart here rather than by neli 0.7, which subtracts the header's size from
//! a length that it has not compared with it.

use std::io::Cursor;

use neli::ToBytes;
use neli::consts::genl::{Cmd, NlAttrType};
use neli::consts::nl::{NlmF, Nlmsg};
use neli::genl::GenlmsghdrBuilder;
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::types::{Buffer, GenlBuffer};

use super::attributes::{Attributes, nest};
use super::daemon::DaemonAttributes;
use super::destination::DestinationAttributes;
use super::service::ServiceAttributes;
use super::{DecodeError, Object, timeouts};
use crate::Timeouts;
use crate::abi::{self, Command, CommandAttribute};

const NETLINK_HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;
const ALIGNMENT: usize = 4;
/// `NLM_F_DUMP_INTR` (`include/uapi/linux/netlink.h`).
const DUMP_INTERRUPTED: u16 = 0x10;

/// What a request expects back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// One answer, or a refusal.
    Answer,
    /// An acknowledgement, or a refusal.
    Acknowledgement,
    /// Nothing, unless the kernel refuses.
    Refusal,
    /// A list of objects.
    Dump,
}

/// One request to the IPVS family.
#[derive(Debug, Clone)]
pub struct Request {
    command: Command,
    reply: Reply,
    attributes: GenlBuffer<CommandAttribute, Buffer>,
}

impl Request {
    /// A request about nothing in particular.
    pub fn new(command: Command, reply: Reply) -> Self {
        Self {
            command,
            reply,
            attributes: GenlBuffer::new(),
        }
    }

    /// The request about this service, or about something of it.
    #[must_use]
    pub fn service(mut self, service: ServiceAttributes) -> Self {
        self.attributes
            .push(nest(CommandAttribute::Service, service));
        self
    }

    /// The request about this synchronisation daemon.
    #[must_use]
    pub fn daemon(mut self, daemon: DaemonAttributes) -> Self {
        self.attributes.push(nest(CommandAttribute::Daemon, daemon));
        self
    }

    /// The request with these timeouts.
    #[must_use]
    pub fn timeouts(mut self, timeouts: &Timeouts) -> Self {
        for timeout in timeouts::encode(timeouts) {
            self.attributes.push(timeout);
        }
        self
    }

    /// The request about this real server.
    #[must_use]
    pub fn destination(mut self, server: DestinationAttributes) -> Self {
        self.attributes.push(nest(CommandAttribute::Dest, server));
        self
    }

    /// The same request, expecting something else back.
    #[must_use]
    pub fn expecting(mut self, reply: Reply) -> Self {
        self.reply = reply;
        self
    }

    /// What it expects back.
    pub const fn reply(&self) -> Reply {
        self.reply
    }

    /// The request's bytes, for the family that has this number here and now.
    pub fn encode(self, family: u16, sequence: u32) -> Vec<u8> {
        let flags = match self.reply {
            Reply::Acknowledgement => NlmF::ACK,
            Reply::Answer | Reply::Refusal => NlmF::empty(),
            Reply::Dump => NlmF::DUMP,
        };
        let command = (self.command, abi::FAMILY_VERSION);
        encode_request(family, flags, sequence, command, self.attributes)
    }
}

/// The bytes of a request of any generic netlink family.
pub(super) fn encode_request<C, A>(
    family: u16,
    flags: NlmF,
    sequence: u32,
    (command, version): (C, u8),
    attributes: GenlBuffer<A, Buffer>,
) -> Vec<u8>
where
    C: Cmd,
    A: NlAttrType,
{
    let payload = GenlmsghdrBuilder::default()
        .cmd(command)
        .version(version)
        .attrs(attributes)
        .build()
        .expect("every field is given");
    let message = NlmsghdrBuilder::default()
        .nl_type(family)
        .nl_flags(flags | NlmF::REQUEST)
        .nl_seq(sequence)
        .nl_payload(NlPayload::Payload(payload))
        .build()
        .expect("every field is given");
    let mut bytes = Cursor::new(Vec::new());
    message
        .to_bytes(&mut bytes)
        .expect("writing to memory cannot fail");
    bytes.into_inner()
}

/// One message from the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The sequence number of the request that it answers.
    pub sequence: u32,
    /// Whether the list that it belongs to changed while the kernel walked it
    /// (`NLM_F_DUMP_INTR`), so that objects may be missing from it or be there twice.
    pub interrupted: bool,
    /// What it says.
    pub content: Content<'a>,
}

/// What a message from the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// The request was carried out, or its list is complete.
    End,
    /// The request was refused with this errno, a positive number.
    Refused(i32),
    /// An answer, or one object of a list.
    Answer {
        /// The command byte.
        command: u8,
        /// The attributes, not yet taken apart.
        attributes: &'a [u8],
    },
    /// Nothing.
    Noop,
}

/// The messages in one datagram from the kernel, in order. After an error there are no more.
pub fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<Message<'_>, DecodeError>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let split = split_message(rest);
        rest = split.as_ref().map_or(&[], |(_, rest)| *rest);
        Some(split.map(|(message, _)| message))
    })
}

/// The nest of this kind in an answer's attributes.
pub fn nested(attributes: &[u8], kind: CommandAttribute) -> Result<&[u8], DecodeError> {
    Attributes::parse(Object::Message, attributes)?.bytes(kind)
}

fn split_message(bytes: &[u8]) -> Result<(Message<'_>, &[u8]), DecodeError> {
    let header = bytes
        .first_chunk::<NETLINK_HEADER>()
        .ok_or_else(|| too_short("netlink header", NETLINK_HEADER, bytes))?;
    let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
    let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
    let payload = bytes
        .get(NETLINK_HEADER..length)
        .ok_or_else(|| too_short("netlink message", length, bytes))?;
    let message = Message {
        sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
        interrupted: u16::from_ne_bytes([f0, f1]) & DUMP_INTERRUPTED != 0,
        content: content(u16::from_ne_bytes([k0, k1]), payload)?,
    };
    let end = length.next_multiple_of(ALIGNMENT).min(bytes.len());
    Ok((message, &bytes[end..]))
}

fn content(kind: u16, payload: &[u8]) -> Result<Content<'_>, DecodeError> {
    match Nlmsg::from(kind) {
        Nlmsg::Noop => Ok(Content::Noop),
        Nlmsg::Done if payload.is_empty() => Ok(Content::End),
        Nlmsg::Done | Nlmsg::Error => status(payload),
        Nlmsg::Overrun => Err(DecodeError::Overrun),
        Nlmsg::UnrecognizedConst(_) => answer(payload),
    }
}

/// The number with which errors and ends of lists begin: 0 or a negated errno.
fn status(payload: &[u8]) -> Result<Content<'_>, DecodeError> {
    let number = payload
        .first_chunk()
        .ok_or_else(|| too_short("netlink error", size_of::<i32>(), payload))?;
    Ok(match i32::from_ne_bytes(*number) {
        0 => Content::End,
        negated => Content::Refused(negated.saturating_neg()),
    })
}

fn answer(payload: &[u8]) -> Result<Content<'_>, DecodeError> {
    match payload.split_at_checked(GENERIC_HEADER) {
        Some(([command, ..], attributes)) => Ok(Content::Answer {
            command: *command,
            attributes,
        }),
        _ => Err(too_short("generic netlink header", GENERIC_HEADER, payload)),
    }
}

fn too_short(what: &'static str, claimed: usize, bytes: &[u8]) -> DecodeError {
    DecodeError::Length {
        what,
        claimed,
        available: bytes.len(),
    }
}
