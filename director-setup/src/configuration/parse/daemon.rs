//! `[[sync_daemon]]`.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::codec;
use crate::configuration::fields::Fields;
use crate::configuration::review::{Place, Review, Value, quoted};
use crate::{SyncDaemon, SyncRole};

const WANTED: &str = "a table: write `[[sync_daemon]]` on a line of its own";
/// What IPv4 and UDP leave of the longest packet. The kernel cuts what is longer, silently
/// (`start_sync_thread` in `net/netfilter/ipvs/ip_vs_sync.c`, Linux 6.12).
const LENGTH_MAX: u32 = 65535 - 20 - 8;
/// The header of IPv6 is longer by so much.
const IPV6_MORE: u16 = 20;
/// The shortest message that a backup is ready for, whatever it is told.
const BACKUP_LENGTH_MIN: u16 = 1024;

/// A daemon, after noting everything that is wrong with it.
pub(super) fn parse(review: &mut Review, value: Value<'_>) -> Option<SyncDaemon> {
    let mut fields = Fields::of(review, "a sync daemon", WANTED, value)?;
    let role = fields
        .need(review, "role")
        .and_then(|value| role(review, value));
    let interface = fields.need(review, "interface").and_then(|value| {
        let name = review.text(value, "the name of an interface in quotes")?;
        Some((value.span(), name.to_owned()))
    });
    let mut number = |key, range: RangeInclusive<u32>| {
        let value = fields.take(key)?;
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        review.number::<u32>(value, range, &wanted)
    };
    let sync_id = number("sync_id", 0..=255);
    // To the kernel a 0 in one of these means the default, which is to leave it out.
    let max_length = number("max_length", 1..=LENGTH_MAX).and_then(|n| u16::try_from(n).ok());
    let port = number("port", 1..=u16::MAX.into()).and_then(|n| u16::try_from(n).ok());
    let ttl = number("ttl", 1..=u8::MAX.into()).and_then(|n| u8::try_from(n).ok());
    let group = fields.take("group").and_then(|value| group(review, value));
    let place = fields.place().clone();
    fields.close(review);
    let (interface_place, interface) = interface?;
    let daemon = SyncDaemon {
        role: role?,
        interface,
        sync_id: sync_id.unwrap_or(0),
        max_length,
        group,
        port,
        ttl,
    };
    if let Err(error) = codec::daemon::encode(&daemon) {
        review.wrong(&interface_place, error.to_string());
    }
    check_length(review, &place, &daemon);
    Some(daemon)
}

/// Notes a length that the kernel would make another.
fn check_length(review: &mut Review, place: &Place, daemon: &SyncDaemon) {
    let Some(length) = daemon.max_length else {
        return;
    };
    if daemon.role == SyncRole::Backup && length < BACKUP_LENGTH_MIN {
        let text = format!("a backup takes messages of {BACKUP_LENGTH_MIN} bytes at least");
        review.wrong(place, format!("{text}: write this for max_length, or more"));
    }
    let longest = u16::MAX - 28 - IPV6_MORE;
    if matches!(daemon.group, Some(IpAddr::V6(_))) && length > longest {
        let text = format!("with an IPv6 group max_length is {longest} at most");
        review.wrong(place, text);
    }
}

fn role(review: &mut Review, value: Value<'_>) -> Option<SyncRole> {
    let word = review.text(value, "\"master\" or \"backup\"")?;
    match word {
        "master" => Some(SyncRole::Master),
        "backup" => Some(SyncRole::Backup),
        _ => {
            let text = format!("{} is no role: write master or backup", quoted(word));
            review.wrong(&value.span(), text);
            None
        }
    }
}

fn group(review: &mut Review, value: Value<'_>) -> Option<IpAddr> {
    let wanted = "a multicast address such as \"224.0.0.81\" or \"ff02::81\"";
    let text = review.text(value, wanted)?;
    let group = text.parse().ok().filter(IpAddr::is_multicast);
    if group.is_none() {
        review.wrong(&value.span(), format!("{} is not {wanted}", quoted(text)));
    }
    group
}
