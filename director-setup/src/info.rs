//! What the kernel says of its IPVS.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer to `IPVS_CMD_GET_INFO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The version of IPVS, 1.2.1 for more than a decade.
    pub version: Version,
    /// Buckets in the connection table, 4096 by default. Linux 7 sizes it as needed and says 0
    /// before the first service.
    pub connection_table_size: u32,
}

/// A version of IPVS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// The third number.
    pub patch: u8,
}

impl From<u32> for Version {
    /// Reads `IP_VS_VERSION_CODE` (`include/uapi/linux/ip_vs.h`).
    fn from(code: u32) -> Self {
        let [_, major, minor, patch] = code.to_be_bytes();
        Self {
            major,
            minor,
            patch,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
