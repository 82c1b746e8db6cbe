//! Interfaces: which there are, and setting them up and down.

use std::fmt;
use std::str::FromStr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkLayerType, LinkMessage,
};
use serde::{Deserialize, Serialize};

use super::rtnetlink::Socket;
use super::{Mac, NetworkError};

/// The longest name, `IFNAMSIZ` without its NUL.
const LONGEST: usize = 15;

/// A name that an interface can have (`dev_valid_name` in `net/core/dev.c`, Linux 6.12).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InterfaceName(String);

/// A text that cannot be an interface's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be the name of an interface: \
     1 to 15 bytes without blanks, slashes and colons, and neither \".\" nor \"..\""
)]
pub struct MalformedInterfaceName(String);

/// An interface of the namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// The kernel's number.
    pub index: u32,
    /// Its name.
    pub name: InterfaceName,
    /// Whether it is set up.
    pub up: bool,
    /// Its address, if it is an Ethernet interface that speaks ARP.
    pub mac: Option<Mac>,
}

impl InterfaceName {
    /// The loopback interface.
    pub fn lo() -> Self {
        Self::fixed("lo")
    }

    /// The settings' name for all interfaces together.
    pub fn all() -> Self {
        Self::fixed("all")
    }

    /// The settings' name for the interfaces that are yet to come.
    pub fn default_settings() -> Self {
        Self::fixed("default")
    }

    /// A name that is the program's own word.
    pub(crate) fn fixed(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InterfaceName {
    type Err = MalformedInterfaceName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let forbidden = |c: char| c == '/' || c == ':' || c == '\0' || c.is_ascii_whitespace();
        let good = (1..=LONGEST).contains(&text.len())
            && text != "."
            && text != ".."
            && !text.contains(forbidden);
        good.then(|| Self(text.to_owned()))
            .ok_or_else(|| MalformedInterfaceName(text.to_owned()))
    }
}

impl TryFrom<String> for InterfaceName {
    type Error = MalformedInterfaceName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<InterfaceName> for String {
    fn from(name: InterfaceName) -> Self {
        name.0
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The interfaces of the namespace, by their numbers.
pub fn list(socket: &mut Socket) -> Result<Vec<Interface>, NetworkError> {
    let request = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = socket.dump("list the interfaces", request)?;
    Ok(answers
        .into_iter()
        .filter_map(|answer| match answer {
            RouteNetlinkMessage::NewLink(link) => read(&link),
            _ => None,
        })
        .collect())
}

fn read(link: &LinkMessage) -> Option<Interface> {
    let name = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => name.parse().ok(),
            _ => None,
        })?;
    let speaks_arp = link.header.link_layer_type == LinkLayerType::Ether
        && !link.header.flags.contains(LinkFlags::Noarp);
    let mac = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::Address(bytes) => Mac::from_bytes(bytes),
            _ => None,
        });
    Some(Interface {
        index: link.header.index,
        name,
        up: link.header.flags.contains(LinkFlags::Up),
        mac: mac.filter(|_| speaks_arp),
    })
}

/// Sets an interface up.
pub fn set_up(socket: &mut Socket, interface: &Interface) -> Result<(), NetworkError> {
    set_flags(socket, interface, "up", LinkFlags::Up)
}

/// Sets an interface down.
pub fn set_down(socket: &mut Socket, interface: &Interface) -> Result<(), NetworkError> {
    set_flags(socket, interface, "down", LinkFlags::empty())
}

fn set_flags(
    socket: &mut Socket,
    interface: &Interface,
    word: &str,
    flags: LinkFlags,
) -> Result<(), NetworkError> {
    let mut link = LinkMessage::default();
    link.header.index = interface.index;
    link.header.flags = flags;
    link.header.change_mask = LinkFlags::Up;
    let what = format!("set interface {} {word}", interface.name);
    socket.ask(&what, RouteNetlinkMessage::SetLink(link), 0)?;
    Ok(())
}

/// Adds an interface of this kind with the kind's defaults; the kernel loads the kind's module.
///
/// # Errors
///
/// `EEXIST`: it is there, maybe only since the module was loaded; `EOPNOTSUPP`: the kernel knows no
/// such kind.
pub fn add(socket: &mut Socket, name: &str, kind: InfoKind) -> Result<(), NetworkError> {
    let what = format!("add interface {name}");
    let mut link = LinkMessage::default();
    link.attributes = vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind)]),
    ];
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    socket.ask(&what, RouteNetlinkMessage::NewLink(link), flags)?;
    Ok(())
}

/// Deletes an interface. The fallback device of a tunnel module stays, without an error
/// (`ip_tunnel_dellink` in `net/ipv4/ip_tunnel.c`, Linux 6.12).
pub fn delete(socket: &mut Socket, interface: &Interface) -> Result<(), NetworkError> {
    let mut link = LinkMessage::default();
    link.header.index = interface.index;
    let what = format!("delete interface {}", interface.name);
    socket.ask(&what, RouteNetlinkMessage::DelLink(link), 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_leave_its_folder_below_proc_sys_is_refused() {
        for wrong in [
            "",
            ".",
            "..",
            "../all",
            "a/b",
            "a b",
            "a:1",
            "sixteen-bytes-xx",
        ] {
            assert!(wrong.parse::<InterfaceName>().is_err(), "{wrong}");
        }
        for right in ["lo", "eth0.100", "fifteen-bytes-x", "tunl0"] {
            assert!(right.parse::<InterfaceName>().is_ok(), "{right}");
        }
    }

    #[test]
    fn the_running_kernel_has_a_loopback_interface() {
        let interfaces = list(&mut Socket::open().unwrap()).unwrap();
        let lo = interfaces
            .iter()
            .find(|one| one.name == InterfaceName::lo());
        assert_eq!(lo.map(|lo| lo.mac), Some(None), "{interfaces:?}");
    }
}
