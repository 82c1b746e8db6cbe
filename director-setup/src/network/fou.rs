//! UDP ports that unwrap GUE (generic netlink family `fou`, `include/uapi/linux/fou.h`).

use netlink_packet_core::{DefaultNla, Emitable, NlasIterator};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::NetworkError;
use crate::AddressFamily;
use crate::codec::message::Reply;
use crate::codec::{DecodeError, family};
use crate::socket::{Failure, Socket};

const FAMILY: &str = "fou";
const FAMILY_VERSION: u8 = 1;
const DEADLINE: Duration = Duration::from_secs(10);

const COMMAND_ADD: u8 = 1;
const COMMAND_DELETE: u8 = 2;
const COMMAND_GET: u8 = 3;

const ATTRIBUTE_PORT: u16 = 1;
const ATTRIBUTE_FAMILY: u16 = 2;
const ATTRIBUTE_TYPE: u16 = 4;

const TYPE_GUE: u8 = 2;

const FLAGS_ACKNOWLEDGED: u16 = 0x5;
const FLAGS_DUMP: u16 = 0x301;

/// A port at which packets wrapped in GUE are unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuePort {
    /// The UDP port.
    pub port: u16,
    /// The family of the outer packets.
    pub family: AddressFamily,
}

/// A socket that speaks to the kernel's `fou` module.
#[derive(Debug)]
pub struct Fou {
    socket: Socket,
    number: u16,
}

impl Fou {
    /// Opens a socket in this thread's network namespace.
    ///
    /// # Errors
    ///
    /// `ENOENT`: the module `fou` is not loaded; the kernel does not load it by itself.
    pub fn connect() -> Result<Self, NetworkError> {
        let what = "reach the kernel's fou module";
        let mut socket =
            Socket::open(DEADLINE).map_err(|errno| NetworkError::socket(what, errno))?;
        let mut number = None;
        socket
            .exchange(
                Reply::Answer,
                |sequence| family::encode_request_for(FAMILY, sequence),
                |_, attributes| {
                    number = Some(family::decode(attributes)?);
                    Ok(())
                },
            )
            .map_err(|failure| network_error(what, failure))?;
        let number = number.ok_or_else(|| NetworkError::Refused {
            what: what.to_owned(),
            errno: Errno::ENOENT,
        })?;
        Ok(Self { socket, number })
    }

    /// The ports that are open for GUE.
    pub fn ports(&mut self) -> Result<Vec<GuePort>, NetworkError> {
        let mut ports = Vec::new();
        let number = self.number;
        self.socket
            .exchange(
                Reply::Dump,
                |sequence| request(number, FLAGS_DUMP, sequence, COMMAND_GET, &[]),
                |_, attributes| {
                    ports.extend(read(attributes)?);
                    Ok(())
                },
            )
            .map_err(|failure| network_error("list the ports of fou", failure))?;
        Ok(ports)
    }

    /// Opens a port.
    pub fn open(&mut self, port: GuePort) -> Result<(), NetworkError> {
        self.order(
            &format!("open UDP port {} for GUE", port.port),
            COMMAND_ADD,
            port,
        )
    }

    /// Closes a port.
    pub fn close(&mut self, port: GuePort) -> Result<(), NetworkError> {
        self.order(
            &format!("close UDP port {} of GUE", port.port),
            COMMAND_DELETE,
            port,
        )
    }

    fn order(&mut self, what: &str, command: u8, port: GuePort) -> Result<(), NetworkError> {
        let number = self.number;
        let attributes = attributes(port, command);
        self.socket
            .exchange(
                Reply::Acknowledgement,
                |sequence| request(number, FLAGS_ACKNOWLEDGED, sequence, command, &attributes),
                |_, _| Ok(()),
            )
            .map_err(|failure| network_error(what, failure))
    }
}

fn attributes(port: GuePort, command: u8) -> Vec<DefaultNla> {
    let mut attributes = vec![
        DefaultNla::new(ATTRIBUTE_PORT, port.port.to_be_bytes().to_vec()),
        DefaultNla::new(ATTRIBUTE_FAMILY, vec![family_number(port.family)]),
    ];
    if command == COMMAND_ADD {
        attributes.push(DefaultNla::new(ATTRIBUTE_TYPE, vec![TYPE_GUE]));
    }
    attributes
}

const fn family_number(family: AddressFamily) -> u8 {
    match family {
        AddressFamily::Ipv4 => 2,
        AddressFamily::Ipv6 => 10,
    }
}

/// `struct nlmsghdr`, `struct genlmsghdr`, attributes.
fn request(
    family: u16,
    flags: u16,
    sequence: u32,
    command: u8,
    attributes: &[DefaultNla],
) -> Vec<u8> {
    let mut tail = vec![0; attributes.buffer_len()];
    attributes.emit(&mut tail);
    let length = u32::try_from(20 + tail.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(family.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend([command, FAMILY_VERSION, 0, 0]);
    bytes.extend(tail);
    bytes
}

/// The port in an entry of the list, if it unwraps GUE.
fn read(bytes: &[u8]) -> Result<Option<GuePort>, DecodeError> {
    let (mut port, mut family, mut kind) = (None, AddressFamily::Ipv4, 0);
    for attribute in NlasIterator::new(bytes) {
        let attribute = attribute.map_err(|_| DecodeError::Empty)?;
        match (attribute.kind(), attribute.value()) {
            (ATTRIBUTE_PORT, [high, low]) => port = Some(u16::from_be_bytes([*high, *low])),
            (ATTRIBUTE_FAMILY, [10]) => family = AddressFamily::Ipv6,
            (ATTRIBUTE_TYPE, [number]) => kind = *number,
            _ => {}
        }
    }
    Ok(port
        .filter(|_| kind == TYPE_GUE)
        .map(|port| GuePort { port, family }))
}

fn network_error(what: &str, failure: Failure) -> NetworkError {
    let what = what.to_owned();
    match failure {
        Failure::Refused(errno) => NetworkError::Refused { what, errno },
        Failure::Socket(source) => NetworkError::Socket { what, source },
        Failure::Interrupted => NetworkError::Refused {
            what,
            errno: Errno::EINTR,
        },
        Failure::NoAnswer(waited) => NetworkError::NoAnswer { what, waited },
        Failure::Answer(error) => NetworkError::Answer {
            what,
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: GuePort = GuePort {
        port: 6080,
        family: AddressFamily::Ipv4,
    };

    #[test]
    fn a_port_is_opened_with_the_bytes_that_ip_fou_add_sends() {
        let bytes = request(
            0x1d,
            FLAGS_ACKNOWLEDGED,
            7,
            COMMAND_ADD,
            &attributes(PORT, COMMAND_ADD),
        );
        let expected = [
            &44_u32.to_ne_bytes()[..],
            &0x1d_u16.to_ne_bytes(),
            &5_u16.to_ne_bytes(),
            &7_u32.to_ne_bytes(),
            &[0, 0, 0, 0, 1, 1, 0, 0],
            &[6_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat(),
            &[0x17, 0xc0, 0, 0],
            &[5_u16.to_ne_bytes(), 2_u16.to_ne_bytes()].concat(),
            &[2, 0, 0, 0],
            &[5_u16.to_ne_bytes(), 4_u16.to_ne_bytes()].concat(),
            &[2, 0, 0, 0],
        ]
        .concat();
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_was_encoded_is_read_back_and_hostile_bytes_are_an_error() {
        let bytes = request(1, 0, 1, COMMAND_ADD, &attributes(PORT, COMMAND_ADD));
        assert_eq!(read(&bytes[20..]).unwrap(), Some(PORT));
        assert!(read(&[255, 255, 1, 0, 1]).is_err());
        assert_eq!(read(&[]).unwrap(), None);
    }
}
