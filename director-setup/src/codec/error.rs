//! What can be wrong with a message.

use std::fmt;

use crate::AddressFamily;
use crate::abi;

/// The part of a message that was being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Object {
    /// The netlink and generic netlink headers and the attributes right below them.
    Message,
    /// The answer that resolves a generic netlink family.
    Family,
    /// The answer about IPVS itself.
    Info,
    /// A virtual service.
    Service,
    /// A real server, the kernel's "destination".
    Destination,
    /// The counters of either.
    Statistics,
    /// A synchronisation daemon.
    Daemon,
    /// The connection timeouts.
    Timeouts,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Message => "message",
            Self::Family => "family",
            Self::Info => "info",
            Self::Service => "service",
            Self::Destination => "destination",
            Self::Statistics => "statistics",
            Self::Daemon => "sync daemon",
            Self::Timeouts => "timeouts",
        })
    }
}

/// Bytes that are not what the kernel's interface promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A header, or the length inside one, reaches past the end of the bytes or into itself.
    #[error("a {what} claims {claimed} bytes where {available} are left")]
    Length {
        /// The header's name.
        what: &'static str,
        /// The length that it states, or needs for itself.
        claimed: usize,
        /// The bytes that there are.
        available: usize,
    },
    /// The list of attributes cannot be taken apart: one claims more bytes than are left, or fewer
    /// than its own header.
    #[error("the attributes of a {object} are malformed {available} bytes before their end")]
    Attributes {
        /// Whose attributes.
        object: Object,
        /// The bytes from the malformed attribute on.
        available: usize,
    },
    /// An attribute that the object cannot do without is not there.
    #[error("a {object} has no attribute {attribute}")]
    Missing {
        /// Whose attribute.
        object: Object,
        /// The attribute's name in [`abi`].
        attribute: String,
    },
    /// An attribute is longer or shorter than its type.
    #[error("attribute {attribute} of a {object} has {found} bytes instead of {expected}")]
    AttributeLength {
        /// Whose attribute.
        object: Object,
        /// The attribute's name in [`abi`].
        attribute: String,
        /// The bytes of its type.
        expected: usize,
        /// The bytes that there are.
        found: usize,
    },
    /// An attribute has a value that its type does not allow.
    #[error("attribute {attribute} of a {object} has the impossible value {value}")]
    Value {
        /// Whose attribute.
        object: Object,
        /// The attribute's name in [`abi`].
        attribute: String,
        /// The value.
        value: String,
    },
    /// The answer is of another kind than the question.
    #[error("the answer is command {found:?} instead of {expected:?}")]
    Command {
        /// The command byte that answers the question.
        expected: u8,
        /// The command byte that came.
        found: u8,
    },
    /// `NLMSG_OVERRUN`: part of the answer was lost on the way.
    #[error("the kernel lost part of the answer")]
    Overrun,
    /// The kernel acknowledged the question without an answer.
    #[error("the answer is empty")]
    Empty,
}

/// A value that has no place in the kernel's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A scheduler's name has a NUL or too many bytes.
    #[error(
        "{0:?} cannot be the name of a scheduler: 1 to {max} bytes without NUL",
        max = abi::SCHEDULER_NAME_MAX
    )]
    SchedulerName(String),
    /// The name of a persistence engine has a NUL or too many bytes.
    #[error(
        "{0:?} cannot be the name of a persistence engine: 1 to {max} bytes without NUL",
        max = abi::ENGINE_NAME_MAX
    )]
    EngineName(String),
    /// The name of an interface has a NUL or too many bytes.
    #[error(
        "{0:?} cannot be the name of an interface: 1 to {max} bytes without NUL",
        max = abi::INTERFACE_NAME_MAX
    )]
    InterfaceName(String),
    /// A mask of the other address family.
    #[error("the netmask of an {0} service must be one of {0}")]
    NetmaskFamily(AddressFamily),
}
