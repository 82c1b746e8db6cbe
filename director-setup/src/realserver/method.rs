//! How packets come from the director, and for which address.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::network::InterfaceName;

/// A forwarding method for which the real server's host has to be prepared. NAT needs nothing but
/// a route back through the director.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Method {
    /// Direct routing.
    Dr,
    /// Tunnelling.
    Tun(Tunnel),
}

/// How the director wraps packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tunnel {
    /// IP in IP.
    Ipip,
    /// Generic routing encapsulation.
    Gre,
    /// Generic UDP encapsulation.
    Gue {
        /// The UDP port to which the director sends.
        port: NonZeroU16,
    },
}

/// An address that a real server serves, and how packets to it arrive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vip {
    /// The VIP.
    pub address: IpAddr,
    /// The interface that carries it.
    pub interface: InterfaceName,
    /// How packets to it arrive.
    pub method: Method,
}

/// A text that names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no method: write dr, tun-ipip, tun-gre or tun-gue:PORT")]
pub struct UnknownMethod(String);

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dr => f.pad("dr"),
            Self::Tun(Tunnel::Ipip) => f.pad("tun-ipip"),
            Self::Tun(Tunnel::Gre) => f.pad("tun-gre"),
            Self::Tun(Tunnel::Gue { port }) => f.pad(&format!("tun-gue:{port}")),
        }
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownMethod(text.to_owned());
        match text {
            "dr" => Ok(Self::Dr),
            "tun-ipip" => Ok(Self::Tun(Tunnel::Ipip)),
            "tun-gre" => Ok(Self::Tun(Tunnel::Gre)),
            _ => {
                let port = text.strip_prefix("tun-gue:").ok_or_else(unknown)?;
                let port = port.parse().map_err(|_| unknown())?;
                Ok(Self::Tun(Tunnel::Gue { port }))
            }
        }
    }
}

impl TryFrom<String> for Method {
    type Error = UnknownMethod;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_read_back_from_its_own_words() {
        let port = NonZeroU16::new(6080).unwrap();
        let tunnels = [Tunnel::Ipip, Tunnel::Gre, Tunnel::Gue { port }];
        for method in tunnels.map(Method::Tun).into_iter().chain([Method::Dr]) {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        for wrong in ["", "nat", "tun", "tun-gue:", "tun-gue:0", "tun-gue:65536"] {
            assert!(wrong.parse::<Method>().is_err(), "{wrong}");
        }
    }
}
