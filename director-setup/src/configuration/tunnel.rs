//! `{ type = "gue", port = 6080, checksum = "full" }`.

use super::fields::Fields;
use super::review::{Review, Value, quoted};
use crate::tunnel::RawTunnel;
use crate::{Tunnel, TunnelChecksum};

const IPIP: u8 = 0;
const GUE: u8 = 1;
const GRE: u8 = 2;

/// What stands before the numbers of what has no name.
const NUMBERED_KIND: &str = "type-";
const NUMBERED_CHECKSUM: &str = "flags-";

const WANTED: &str = "a table such as { type = \"gue\", port = 6080 }";

/// The type of a tunnel as a word.
pub(crate) fn kind_word(kind: u8) -> String {
    match kind {
        IPIP => "ipip".to_owned(),
        GUE => "gue".to_owned(),
        GRE => "gre".to_owned(),
        _ => format!("{NUMBERED_KIND}{kind}"),
    }
}

/// The checksum of a tunnel as a word.
pub(crate) fn checksum_word(flags: u16) -> String {
    match TunnelChecksum::from(flags) {
        TunnelChecksum::None => "none".to_owned(),
        TunnelChecksum::Full => "full".to_owned(),
        TunnelChecksum::Remote => "remote".to_owned(),
        TunnelChecksum::Other(flags) => format!("{NUMBERED_CHECKSUM}{flags}"),
    }
}

/// A tunnel, if its parts fit each other.
pub(super) fn parse(review: &mut Review, value: Value<'_>) -> Option<Tunnel> {
    let mut fields = Fields::of(review, "a tunnel", WANTED, value)?;
    let kind = fields
        .need(review, "type")
        .and_then(|value| kind(review, value));
    let port = fields.take("port").map_or(Some(0), |value| {
        review.number(value, 0..=u16::MAX.into(), "a port from 1 to 65535")
    });
    let flags = fields
        .take("checksum")
        .map_or(Some(0), |value| checksum(review, value));
    let raw = kind.zip(port).zip(flags);
    let raw = raw.map(|((kind, port), flags)| RawTunnel { kind, port, flags });
    if let Some(text) = raw.and_then(contradiction) {
        review.wrong(fields.place(), text);
    }
    fields.close(review);
    raw.map(Tunnel::from)
}

fn contradiction(RawTunnel { kind, port, flags }: RawTunnel) -> Option<&'static str> {
    match (kind, port, flags) {
        (GUE, 0, _) => {
            Some("a gue tunnel needs the UDP port of the real server: write port = 6080")
        }
        (IPIP | GRE, 1.., _) => Some("only gue tunnels have a port: leave it out"),
        (IPIP, _, 1..) => Some("ipip tunnels have no checksum: leave it out"),
        (GRE, _, 2) => Some("only gue tunnels have a remote checksum: write full or none"),
        _ => None,
    }
}

fn kind(review: &mut Review, value: Value<'_>) -> Option<u8> {
    let word = review.text(value, "ipip, gue or gre in quotes")?;
    let kind = match word {
        "ipip" => Some(IPIP),
        "gue" => Some(GUE),
        "gre" => Some(GRE),
        _ => numbered(word, NUMBERED_KIND),
    };
    if kind.is_none() {
        let text = format!("{} is no tunnel: write ipip, gue or gre", quoted(word));
        review.wrong(&value.span(), text);
    }
    kind
}

fn checksum(review: &mut Review, value: Value<'_>) -> Option<u16> {
    let word = review.text(value, "none, full or remote in quotes")?;
    let flags = match word {
        "none" => Some(TunnelChecksum::None.into()),
        "full" => Some(TunnelChecksum::Full.into()),
        "remote" => Some(TunnelChecksum::Remote.into()),
        _ => numbered(word, NUMBERED_CHECKSUM),
    };
    if flags.is_none() {
        let text = format!(
            "{} is no checksum: write none, full or remote",
            quoted(word)
        );
        review.wrong(&value.span(), text);
    }
    flags
}

fn numbered<T: std::str::FromStr>(word: &str, prefix: &str) -> Option<T> {
    word.strip_prefix(prefix)?.parse().ok()
}
