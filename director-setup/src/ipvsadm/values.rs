//! The values of options, read as the C library reads them for the original.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::misuse::Misuse;
use super::names::Names;
use crate::{Protocol, Scheduler, ServiceFlags};

/// The longest of any timeout, in seconds: 31 days.
const LONGEST_TIMEOUT: i64 = 31 * 86_400;

/// A whole decimal number (`strtol` with nothing after it) within `range`.
pub(super) fn number(text: &str, range: RangeInclusive<i64>) -> Option<i64> {
    let unspaced = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    // Without a digit first, Rust would still take a second sign.
    let digits = unspaced.strip_prefix(['+', '-']).unwrap_or(unspaced);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let number = unspaced.parse().ok()?;
    range.contains(&number).then_some(number)
}

/// A number of a type that `range` fits.
pub(super) fn small<T: TryFrom<i64>>(
    text: &str,
    range: RangeInclusive<i64>,
    complaint: &str,
) -> Result<T, Misuse> {
    number(text, range)
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| Misuse::wrong(complaint))
}

/// Seconds, from `least` to 31 days.
pub(super) fn timeout(text: &str, least: i64) -> Result<u32, Misuse> {
    let complaint = format!("invalid timeout value `{text}' specified");
    small(text, least..=LONGEST_TIMEOUT, &complaint)
}

/// A firewall mark.
pub(super) fn fwmark(text: &str) -> Result<NonZeroU32, Misuse> {
    number(text, 1..=i64::from(u32::MAX))
        .and_then(|number| u32::try_from(number).ok())
        .and_then(NonZeroU32::new)
        .ok_or_else(|| Misuse::wrong(format!("invalid fwmark value `{text}' specified")))
}

/// The digits at the beginning of a prefix length (`atoi`).
pub(super) fn prefix_length(text: &str) -> Result<u8, Misuse> {
    let unspaced = text.trim_start();
    let digits = unspaced.strip_prefix('+').unwrap_or(unspaced);
    let end = digits.find(|c: char| !c.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())]
        .parse()
        .ok()
        .filter(|length| (1..=128).contains(length))
        .ok_or_else(|| Misuse::wrong("illegal ipv6 netmask specified"))
}

/// An address and, if there is one, a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) address: IpAddr,
    pub(super) port: Option<u16>,
}

/// `host[:port]`, `[v6]:port`, or an IPv6 address without a port. Hosts and ports can have names;
/// the names of hosts are those of IPv4 addresses.
pub(super) fn endpoint(text: &str, protocol: Protocol, names: &mut Names) -> Option<Endpoint> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (inside, behind) = match text.strip_prefix('[') {
        None => (text, None),
        Some(text) => {
            let (inside, behind) = text.split_once(']')?;
            (inside, Some(behind.strip_prefix(':')?))
        }
    };
    let (address, port) = if let Ok(address) = inside.parse::<Ipv6Addr>() {
        (address.into(), behind)
    } else {
        // As in the original, a port behind brackets counts for IPv6 addresses only.
        let (host, port) = match inside.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (inside, None),
        };
        (ipv4(host, names)?.into(), port)
    };
    let port = match port {
        Some(text) => Some(self::port(text, protocol, names)?),
        None => None,
    };
    Some(Endpoint { address, port })
}

fn port(text: &str, protocol: Protocol, names: &mut Names) -> Option<u16> {
    match number(text, 0..=i64::from(u16::MAX)) {
        Some(number) => u16::try_from(number).ok(),
        None => names.port(text, protocol),
    }
}

/// An IPv4 address or the name of a host that has one.
pub(super) fn ipv4(text: &str, names: &mut Names) -> Option<Ipv4Addr> {
    classful(text).or_else(|| names.address(text))
}

/// An IPv4 address of one to four decimal, octal or hexadecimal numbers, the last of which fills
/// the rest (`inet_aton`); what follows it after a blank does not count.
fn classful(text: &str) -> Option<Ipv4Addr> {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let address = text.split(is_space).next()?;
    let numbers = address
        .split('.')
        .map(c_number)
        .collect::<Option<Vec<u32>>>()?;
    let (last, bytes) = numbers.split_last()?;
    let room = 8 * (4_u32.checked_sub(u32::try_from(bytes.len()).ok()?)?);
    if room == 0 || (room < 32 && *last >> room != 0) {
        return None;
    }
    let mut value = *last;
    for (place, byte) in bytes.iter().enumerate() {
        let byte = u8::try_from(*byte).ok()?;
        value |= u32::from(byte) << (24 - 8 * place);
    }
    Some(Ipv4Addr::from(value))
}

/// A number as C writes it: decimal, octal after `0`, hexadecimal after `0x`.
fn c_number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // Rust would take a sign.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// The flags of `-b`, which must be the scheduler's own.
pub(super) fn scheduler_flags(text: &str, scheduler: &Scheduler) -> Result<ServiceFlags, Misuse> {
    let mut flags = ServiceFlags::NONE;
    let mut names = text.split(',').filter(|name| !name.is_empty()).peekable();
    if names.peek().is_none() {
        return Err(Misuse::wrong(format!("invalid scheduler flag `{text}'")));
    }
    for name in names {
        let (flag, owner) = match name {
            "flag-1" => (ServiceFlags::SCHEDULER_1, None),
            "flag-2" => (ServiceFlags::SCHEDULER_2, None),
            "flag-3" => (ServiceFlags::SCHEDULER_3, None),
            "sh-fallback" => (ServiceFlags::SH_FALLBACK, Some(Scheduler::SourceHashing)),
            "sh-port" => (ServiceFlags::SH_PORT, Some(Scheduler::SourceHashing)),
            "mh-fallback" => (ServiceFlags::MH_FALLBACK, Some(Scheduler::MaglevHashing)),
            "mh-port" => (ServiceFlags::MH_PORT, Some(Scheduler::MaglevHashing)),
            _ => return Err(Misuse::wrong(format!("invalid scheduler flag `{name}'"))),
        };
        if owner.is_some_and(|owner| owner != *scheduler) {
            return Err(Misuse::wrong(format!(
                "incompatible scheduler flag `{name}'"
            )));
        }
        flags |= flag;
    }
    Ok(flags)
}

/// At most so many bytes of a name, as the original's fixed arrays hold.
pub(super) fn shortened(text: &str, longest: usize) -> &str {
    let longest = longest.min(text.len());
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}
