//! The values of options.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::HeaderName;
use ipnet::IpNet;

use crate::url::split_authority;

use super::{BodyCheck, Close, Color, Field, Proxy, StatusRange, TlsVersion, UsageError};

/// ab encodes credentials into a buffer of 1024 bytes, the final zero included.
const LONGEST_CREDENTIAL: usize = 765;

/// The error for a value; the table adds the option.
pub(super) fn rejected(value: &str, problem: &str) -> UsageError {
    UsageError::Value {
        option: String::new(),
        value: value.to_owned(),
        problem: problem.to_owned(),
    }
}

/// A whole number as C's `atoi` reads it, blanks and a sign before it included, but not what it
/// makes of anything behind the number: ab takes `5x` for 5 and `x` for 0.
pub(super) fn whole(text: &str) -> Result<i64, UsageError> {
    let number = text.trim_ascii_start().parse();
    number.map_err(|_| rejected(text, "write a whole number"))
}

/// A whole number within `range`.
pub(super) fn number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, UsageError>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.trim_ascii_start().parse().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            let (low, high) = (range.start(), range.end());
            rejected(text, &format!("write a whole number from {low} to {high}"))
        })
}

/// A time above 0: a number of seconds, or with ms, s, m or h behind it.
pub(super) fn duration(text: &str) -> Result<Duration, UsageError> {
    let text_only = text.trim_ascii_start();
    let digits = text_only.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text_only[digits.len()..] {
        "ms" => Some(0.001),
        "" | "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let number = digits.parse::<f64>().ok();
    let seconds = number.zip(scale).map(|(number, scale)| number * scale);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let usable = duration.filter(|duration| !duration.is_zero());
    usable.ok_or_else(|| {
        rejected(
            text,
            "write a number of seconds above 0, or a time such as 500ms or 2m",
        )
    })
}

/// A number per second above 0, not more than one per nanosecond.
pub(super) fn rate(text: &str) -> Result<f64, UsageError> {
    let rate = text.trim_ascii_start().trim_end_matches("/s").parse().ok();
    let usable = rate.filter(|rate: &f64| *rate > 0.0 && *rate <= 1e9);
    usable.ok_or_else(|| rejected(text, "write a number per second above 0"))
}

pub(super) fn nonempty(text: &str, problem: &str) -> Result<String, UsageError> {
    if text.is_empty() || text.contains(|c: char| c.is_ascii_control()) {
        return Err(rejected(text, problem));
    }
    Ok(text.to_owned())
}

pub(super) fn field(line: &str) -> Result<Field, UsageError> {
    Field::parse(line).ok_or_else(|| rejected(line, "write 'Name: value'"))
}

/// The name of a header, in lower case.
pub(super) fn header_name(text: &str) -> Result<String, UsageError> {
    let name = HeaderName::from_str(text);
    Ok(name
        .map_err(|_| rejected(text, "write the name of a header"))?
        .as_str()
        .to_owned())
}

pub(super) fn method(text: &str) -> Result<String, UsageError> {
    let method = Method::from_bytes(text.as_bytes());
    Ok(method
        .map_err(|_| rejected(text, "write a method, such as DELETE"))?
        .as_str()
        .to_owned())
}

/// What follows `Basic ` in the header.
pub(super) fn credential(text: &str, whose: &'static str) -> Result<String, UsageError> {
    let text = text.trim_ascii_start();
    if text.len() > LONGEST_CREDENTIAL {
        return Err(UsageError::Credentials(whose));
    }
    Ok(STANDARD.encode(text))
}

pub(super) fn proxy(text: &str) -> Result<Proxy, UsageError> {
    let wrong = |error| rejected(text, &format!("{error}; write proxy[:port]"));
    let (host, port) = split_authority(text).map_err(wrong)?;
    let host = nonempty(host, "write proxy[:port]")?;
    Ok(Proxy {
        host,
        port: port.unwrap_or(80),
    })
}

pub(super) fn tls_version(text: &str) -> Result<TlsVersion, UsageError> {
    match text.to_ascii_uppercase().as_str() {
        "ALL" => Ok(TlsVersion::All),
        "TLS1.2" => Ok(TlsVersion::Tls12),
        "TLS1.3" => Ok(TlsVersion::Tls13),
        "SSL2" | "SSL3" | "TLS1" | "TLS1.1" => Err(rejected(
            text,
            "it is too old to be spoken here; write TLS1.2, TLS1.3 or ALL",
        )),
        _ => Err(rejected(text, "write TLS1.2, TLS1.3 or ALL")),
    }
}

pub(super) fn close(text: &str) -> Result<Close, UsageError> {
    match text {
        "server" => Ok(Close::Server),
        "fin" => Ok(Close::Fin),
        "rst" => Ok(Close::Reset),
        _ => Err(rejected(text, "write server, fin or rst")),
    }
}

pub(super) fn color(text: &str) -> Result<Color, UsageError> {
    match text {
        "auto" => Ok(Color::Auto),
        "always" => Ok(Color::Always),
        "never" => Ok(Color::Never),
        _ => Err(rejected(text, "write auto, always or never")),
    }
}

/// Addresses and networks, separated by commas, in addition to those that are given already.
pub(super) fn sources(text: &str, given: &[IpNet]) -> Result<Vec<IpNet>, UsageError> {
    let wrong = || {
        rejected(
            text,
            "write an address such as 10.0.0.5 or a network such as 10.0.1.0/28",
        )
    };
    let network = |part: &str| {
        let address = part.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| part.parse()).map_err(|_| wrong())
    };
    let networks = text
        .split(',')
        .map(network)
        .collect::<Result<Vec<_>, _>>()?;
    let addresses = given
        .iter()
        .chain(&networks)
        .map(addresses_in)
        .fold(0, u128::saturating_add);
    if addresses > super::Sources::MOST {
        return Err(rejected(
            text,
            "more than 65536 addresses in all; write a smaller network",
        ));
    }
    Ok(networks)
}

fn addresses_in(network: &IpNet) -> u128 {
    1_u128
        .checked_shl(u32::from(network.max_prefix_len() - network.prefix_len()))
        .unwrap_or(u128::MAX)
}

pub(super) fn ports(text: &str) -> Result<RangeInclusive<u16>, UsageError> {
    let range = text.split_once('-').and_then(|(first, last)| {
        let first = first.trim_ascii().parse::<u16>().ok()?;
        let last = last.trim_ascii().parse::<u16>().ok()?;
        (first > 0 && first <= last).then_some(first..=last)
    });
    range.ok_or_else(|| rejected(text, "write two ports from 1 to 65535, such as 20000-29999"))
}

/// `200,204`, `2xx` or `300-304`.
pub(super) fn statuses(text: &str) -> Result<Vec<StatusRange>, UsageError> {
    let wrong = || rejected(text, "write statuses such as 200,204 or 2xx,301-304");
    let status = |text: &str| text.parse::<u16>().ok().filter(|s| (100..=999).contains(s));
    let range = |part: &str| {
        let part = part.trim_ascii();
        if let Some(class) = part.strip_suffix("xx") {
            let class = class
                .parse::<u16>()
                .ok()
                .filter(|class| (1..=9).contains(class))?;
            return Some(StatusRange {
                first: class * 100,
                last: class * 100 + 99,
            });
        }
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = StatusRange {
            first: status(first)?,
            last: status(last)?,
        };
        (range.first <= range.last).then_some(range)
    };
    text.split(',')
        .map(|part| range(part).ok_or_else(wrong))
        .collect()
}

pub(super) fn body_check(text: &str) -> Result<BodyCheck, UsageError> {
    match text.strip_prefix('@') {
        Some("") => Err(rejected(text, "write the file's name after @")),
        Some(file) => Ok(BodyCheck::Is(file.into())),
        None if text.is_empty() => Err(rejected(
            text,
            "write a text; for an empty body --expect-length 0",
        )),
        None => Ok(BodyCheck::Contains(text.to_owned())),
    }
}
