//! `[[service.server]]`.

use toml::Spanned;

use super::checks;
use crate::configuration::addresses;
use crate::configuration::fields::Fields;
use crate::configuration::review::{Review, Value};
use crate::configuration::{tunnel, unknown};
use crate::{Forwarding, RealServer, ServiceKey, Thresholds, Weight};

const WANTED: &str = "a table such as { address = \"192.168.1.2:80\", forwarding = \"nat\" }";

/// A real server with the place of its address, after noting everything that is wrong with it.
pub(super) fn parse(
    review: &mut Review,
    value: Value<'_>,
    key: Option<&ServiceKey>,
) -> Option<Spanned<RealServer>> {
    let mut fields = Fields::of(review, "a real server", WANTED, value)?;
    let place = fields.peek("address").unwrap_or(value).span();
    let address = fields
        .need(review, "address")
        .and_then(|value| addresses::of_server(review, value, key.map_or(0, checks::port)));
    let forwarding = fields.need(review, "forwarding").and_then(|value| {
        let forwarding = review.word::<Forwarding>(value, "nat, dr or tun in quotes")?;
        checks::forwarding(review, &value.span(), forwarding);
        Some(forwarding)
    });
    let weight = fields.take("weight").map_or(Some(Weight::ONE), |value| {
        let wanted = format!("a weight from 0 to {}", Weight::MAX);
        review.number(value, 0..=Weight::MAX.get(), &wanted)
    });
    let thresholds = fields
        .take("thresholds")
        .map_or(Some(Thresholds::default()), |value| {
            thresholds(review, value)
        });
    let tunnel_value = fields.take("tunnel");
    let tunnel = tunnel_value.map(|value| tunnel::parse(review, value));
    if let (Some(value), Some(forwarding)) = (tunnel_value, forwarding)
        && forwarding != Forwarding::Tun
    {
        let text = format!("a tunnel has no effect with {forwarding}: write forwarding = \"tun\"");
        review.odd(&value.span(), text);
    }
    let unknown = unknown::parse(review, fields.take("unknown"));
    fields.close(review);
    let server = RealServer {
        address: address?,
        forwarding: forwarding?,
        weight: weight?,
        thresholds: thresholds?,
        tunnel: tunnel.unwrap_or_else(|| Some(crate::Tunnel::default()))?,
        unknown,
    };
    if let Some(key) = key {
        checks::server(review, &place, key, &server);
    }
    Some(Spanned::new(place, server))
}

fn thresholds(review: &mut Review, value: Value<'_>) -> Option<Thresholds> {
    let wanted = "a table such as { upper = 100, lower = 50 }";
    let mut fields = Fields::of(review, "thresholds", wanted, value)?;
    let mut number = |key| {
        // Linux 6.12 refuses what a signed number cannot hold; 6.1 did not.
        const MAX: u32 = i32::MAX as u32;
        fields.take(key).map_or(Some(0), |value| {
            let wanted = format!("a number of connections from 0 to {MAX}");
            review.number(value, 0..=MAX, &wanted)
        })
    };
    let (upper, lower) = (number("upper"), number("lower"));
    let (upper, lower) = (upper?, lower?);
    if lower > upper {
        let text = format!("the lower threshold {lower} must not be above the upper one, {upper}");
        review.wrong(fields.place(), text);
    }
    fields.close(review);
    Some(Thresholds { upper, lower })
}
