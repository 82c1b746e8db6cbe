//! How the director hands packets to a real server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A packet forwarding method (`IP_VS_CONN_F_FWD_MASK` in `include/uapi/linux/ip_vs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Forwarding {
    /// Network address translation: both directions pass the director (`ipvsadm -m`).
    Nat,
    /// Direct routing: the frame gets the real server's MAC address, replies bypass the director
    /// (`ipvsadm -g`).
    Dr,
    /// IP tunnelling: the packet is wrapped, replies bypass the director (`ipvsadm -i`).
    Tun,
    /// The real server is the director itself; set by the kernel, not by a user.
    Local,
    /// Forwarded to the original destination when no cache server is left; set by the kernel.
    Bypass,
    /// A number without a meaning, which the kernel stores.
    Other(u32),
}

/// What stands before the number of a method without a name.
const NUMBERED: &str = "method-";

/// A word that names no forwarding method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no forwarding method: write nat, dr or tun")]
pub struct UnknownForwarding(String);

impl Forwarding {
    /// The method's number in `IP_VS_CONN_F_FWD_MASK`.
    pub const fn number(self) -> u32 {
        match self {
            Self::Nat => 0,
            Self::Local => 1,
            Self::Tun => 2,
            Self::Dr => 3,
            Self::Bypass => 4,
            Self::Other(number) => number,
        }
    }
}

impl From<u32> for Forwarding {
    fn from(number: u32) -> Self {
        match number {
            0 => Self::Nat,
            1 => Self::Local,
            2 => Self::Tun,
            3 => Self::Dr,
            4 => Self::Bypass,
            _ => Self::Other(number),
        }
    }
}

impl FromStr for Forwarding {
    type Err = UnknownForwarding;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "nat" => Ok(Self::Nat),
            "dr" => Ok(Self::Dr),
            "tun" => Ok(Self::Tun),
            "local" => Ok(Self::Local),
            "bypass" => Ok(Self::Bypass),
            _ => word
                .strip_prefix(NUMBERED)
                .and_then(|number| number.parse::<u32>().ok())
                .map(Self::from)
                .ok_or_else(|| UnknownForwarding(word.to_owned())),
        }
    }
}

impl fmt::Display for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nat => "nat",
            Self::Dr => "dr",
            Self::Tun => "tun",
            Self::Local => "local",
            Self::Bypass => "bypass",
            Self::Other(number) => return f.pad(&format!("{NUMBERED}{number}")),
        })
    }
}

impl TryFrom<String> for Forwarding {
    type Error = UnknownForwarding;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

impl From<Forwarding> for String {
    fn from(forwarding: Forwarding) -> Self {
        forwarding.to_string()
    }
}
