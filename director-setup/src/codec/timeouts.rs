//! Connection timeouts: `ip_vs_genl_set_config` and `ip_vs_genl_get_cmd` in
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use neli::genl::Nlattr;
use neli::types::Buffer;

use super::attributes::{Attributes, attribute};
use super::{DecodeError, Object};
use crate::Timeouts;
use crate::abi::CommandAttribute as Attr;

/// The timeouts as attributes right below the message's headers.
pub(super) fn encode(timeouts: &Timeouts) -> [Nlattr<Attr, Buffer>; 3] {
    [
        attribute(Attr::TimeoutTcp, timeouts.tcp),
        attribute(Attr::TimeoutTcpFin, timeouts.tcp_fin),
        attribute(Attr::TimeoutUdp, timeouts.udp),
    ]
}

/// The answer to `IPVS_CMD_GET_CONFIG`. A kernel built without TCP or UDP balancing leaves out
/// its timeouts, which are 0 here.
pub fn decode(bytes: &[u8]) -> Result<Timeouts, DecodeError> {
    let attributes = Attributes::parse(Object::Timeouts, bytes)?;
    let seconds = |attribute| {
        let found = attributes.optional(attribute, Attributes::u32);
        found.map(Option::unwrap_or_default)
    };
    Ok(Timeouts {
        tcp: seconds(Attr::TimeoutTcp)?,
        tcp_fin: seconds(Attr::TimeoutTcpFin)?,
        udp: seconds(Attr::TimeoutUdp)?,
    })
}
