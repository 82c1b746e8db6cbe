//! Addresses of services and real servers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::review::{Review, Value, quoted};

/// The address and port of a service.
pub(super) fn of_service(review: &mut Review, value: Value<'_>) -> Option<SocketAddr> {
    let wanted = "an address with a port, such as \"192.168.0.1:80\" or \"[2001:db8::1]:80\"";
    let text = review.text(value, wanted)?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        review.wrong(&value.span(), format!("{} is not {wanted}", quoted(text)));
        return None;
    };
    let ip = address.ip();
    if ip.is_unspecified() || ip.is_multicast() {
        let text = format!("no packet is balanced at {ip}: write one address of the director");
        review.wrong(&value.span(), text);
    }
    Some(without_scope(review, value, address))
}

/// The address of a real server, with `port` if none is written.
pub(super) fn of_server(review: &mut Review, value: Value<'_>, port: u16) -> Option<SocketAddr> {
    let wanted = "an address, such as \"192.168.1.2\" or \"[2001:db8::2]:80\"";
    let text = review.text(value, wanted)?;
    let without_port = |_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    let Ok(address) = text.parse::<SocketAddr>().or_else(without_port) else {
        review.wrong(&value.span(), format!("{} is not {wanted}", quoted(text)));
        return None;
    };
    if let Some(kind) = not_unicast(address.ip()) {
        let text = format!("{} is {kind}, which the kernel refuses", address.ip());
        review.wrong(&value.span(), text);
    }
    Some(without_scope(review, value, address))
}

/// What the kernel does not take for a real server (`ip_vs_new_dest` in
/// `net/netfilter/ipvs/ip_vs_ctl.c`, Linux 6.12), broadcasts of subnets excepted.
fn not_unicast(ip: IpAddr) -> Option<&'static str> {
    match ip {
        ip if ip.is_unspecified() => Some("no address"),
        ip if ip.is_multicast() => Some("a multicast address"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some("the broadcast address"),
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Some("a link-local address"),
        _ => None,
    }
}

fn without_scope(review: &mut Review, value: Value<'_>, found: SocketAddr) -> SocketAddr {
    let plain = SocketAddr::new(found.ip(), found.port());
    if plain != found {
        let text = format!("the kernel keeps no scope of an address: write {plain}");
        review.wrong(&value.span(), text);
    }
    plain
}
