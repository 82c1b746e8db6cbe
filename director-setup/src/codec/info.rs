//! IPVS itself: `ip_vs_genl_get_cmd` in `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use super::attributes::Attributes;
use super::{DecodeError, Object};
use crate::abi::InfoAttribute as Attr;
use crate::{Info, Version};

/// The answer to `IPVS_CMD_GET_INFO`, whose attributes are right below the message's headers.
pub fn decode(bytes: &[u8]) -> Result<Info, DecodeError> {
    let attributes = Attributes::parse(Object::Info, bytes)?;
    Ok(Info {
        version: Version::from(attributes.u32(Attr::Version)?),
        connection_table_size: attributes.u32(Attr::ConnectionTableSize)?,
    })
}
