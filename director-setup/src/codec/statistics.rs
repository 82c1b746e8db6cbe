//! Counters: `ip_vs_genl_fill_stats` and `ip_vs_genl_fill_stats64` in
//! `net/netfilter/ipvs/ip_vs_ctl.c` (Linux 6.12).

use super::attributes::Attributes;
use super::{DecodeError, Object};
use crate::abi::StatisticsAttribute as Attr;
use crate::{Rates, Statistics, Totals};

/// The counters in a nest of statistics, of the older kind or of the one with 64 bits.
pub fn decode(bytes: &[u8]) -> Result<Statistics, DecodeError> {
    let attributes = Attributes::parse(Object::Statistics, bytes)?;
    let number = |attribute| attributes.u32_or_u64(attribute);
    Ok(Statistics {
        totals: Totals {
            connections: number(Attr::Connections)?,
            packets_in: number(Attr::PacketsIn)?,
            packets_out: number(Attr::PacketsOut)?,
            bytes_in: number(Attr::BytesIn)?,
            bytes_out: number(Attr::BytesOut)?,
        },
        rates: Rates {
            connections: number(Attr::ConnectionsPerSecond)?,
            packets_in: number(Attr::PacketsInPerSecond)?,
            packets_out: number(Attr::PacketsOutPerSecond)?,
            bytes_in: number(Attr::BytesInPerSecond)?,
            bytes_out: number(Attr::BytesOutPerSecond)?,
        },
    })
}
