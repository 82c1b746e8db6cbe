//! Settings in words, and how they differ.

use crate::configuration::{checksum_word, kind_word, without_defaults};
use crate::tunnel::RawTunnel;
use crate::{
    Netmask, Persistence, RealServer, Scheduler, Service, SyncDaemon, Thresholds, Timeouts, Tunnel,
    UnknownAttributes,
};

/// The names and values of an object's settings.
type Settings<const N: usize> = [(&'static str, String); N];

/// The settings of a new service: its scheduler, and what is not the default.
pub(super) fn new_service(service: &Service) -> Vec<String> {
    let plain = Service::new(service.key, Scheduler::from(""));
    changed(&of_service(&plain), &of_service(service))
}

pub(super) fn edited_service(before: &Service, after: &Service) -> Vec<String> {
    differences(&of_service(before), &of_service(after))
}

/// The settings of a new real server: forwarding and weight, and what is not the default.
pub(super) fn new_server(server: &RealServer) -> Vec<String> {
    let mut plain = of_server(&RealServer::new(server.address, server.forwarding));
    for (name, value) in &mut plain {
        if ["forwarding", "weight"].contains(name) {
            value.clear();
        }
    }
    changed(&plain, &of_server(server))
}

pub(super) fn edited_server(before: &RealServer, after: &RealServer) -> Vec<String> {
    differences(&of_server(before), &of_server(after))
}

/// What changes; a wanted 0 changes nothing.
pub(super) fn timeouts(before: Timeouts, after: Timeouts) -> Vec<String> {
    let settings = |timeouts: Timeouts| {
        [
            ("tcp", timeouts.tcp),
            ("tcp_fin", timeouts.tcp_fin),
            ("udp", timeouts.udp),
        ]
    };
    let pairs = settings(before).into_iter().zip(settings(after));
    pairs
        .filter(|((_, before), (_, after))| *after != 0 && before != after)
        .map(|((name, before), (_, after))| format!("{name} {before} s -> {after} s"))
        .collect()
}

pub(super) fn new_daemon(daemon: &SyncDaemon) -> Vec<String> {
    let plain = SyncDaemon::new(daemon.role, daemon.interface.clone());
    let mut settings = changed(&of_daemon(&plain), &of_daemon(daemon));
    if daemon.sync_id == 0 {
        settings.insert(0, "sync_id 0".to_owned());
    }
    settings
}

/// How a daemon is not what is wanted. What is not said of the longest message is for the kernel to
/// derive from the interface, and kernels before 4.3 say nothing of it.
pub(super) fn edited_daemon(before: &SyncDaemon, after: &SyncDaemon) -> Vec<String> {
    let mut before = without_defaults(before.clone());
    let mut after = without_defaults(after.clone());
    if before.max_length.is_none() || after.max_length.is_none() {
        (before.max_length, after.max_length) = (None, None);
    }
    differences(&of_daemon(&before), &of_daemon(&after))
}

fn of_service(service: &Service) -> Settings<5> {
    let flags = service.flags.names(&service.scheduler).join("+");
    let persistence = service.persistence.as_ref();
    let persistence = persistence.map(|one| of_persistence(service, one));
    [
        ("scheduler", service.scheduler.to_string()),
        ("flags", or_none(Some(flags))),
        ("persistence", or_none(persistence)),
        ("engine", or_none(service.engine.clone())),
        ("unknown attributes", of_unknown(&service.unknown)),
    ]
}

fn of_persistence(service: &Service, persistence: &Persistence) -> String {
    let timeout = persistence.timeout_seconds;
    let single = Netmask::single_client(service.key.family());
    match persistence.netmask {
        netmask if netmask == single => format!("{timeout} s"),
        Netmask::Ipv4(mask) => format!("{timeout} s by {mask}"),
        Netmask::Ipv6(prefix) => format!("{timeout} s by /{prefix}"),
    }
}

fn of_server(server: &RealServer) -> Settings<5> {
    let Thresholds { upper, lower } = server.thresholds;
    let thresholds = match (upper, lower) {
        (0, 0) => None,
        (_, 0) => Some(upper.to_string()),
        _ => Some(format!("{upper} to {lower}")),
    };
    [
        ("forwarding", server.forwarding.to_string()),
        ("weight", server.weight.to_string()),
        ("thresholds", or_none(thresholds)),
        ("tunnel", of_tunnel(server.tunnel)),
        ("unknown attributes", of_unknown(&server.unknown)),
    ]
}

fn of_tunnel(tunnel: Tunnel) -> String {
    let RawTunnel { kind, port, flags } = RawTunnel::from(tunnel);
    let mut words = vec![kind_word(kind)];
    if port > 0 {
        words.push(format!("port {port}"));
    }
    if flags > 0 {
        words.push(format!("checksum {}", checksum_word(flags)));
    }
    words.join(" ")
}

fn of_unknown(attributes: &UnknownAttributes) -> String {
    let numbers = attributes.iter().map(|one| one.number.to_string());
    or_none(Some(numbers.collect::<Vec<_>>().join("+")))
}

fn of_daemon(daemon: &SyncDaemon) -> Settings<6> {
    let or_default = |value: Option<String>| value.unwrap_or_else(|| "default".to_owned());
    [
        ("interface", daemon.interface.clone()),
        ("sync_id", daemon.sync_id.to_string()),
        (
            "max_length",
            or_default(daemon.max_length.map(|n| n.to_string())),
        ),
        (
            "group",
            or_default(daemon.group.map(|group| group.to_string())),
        ),
        ("port", or_default(daemon.port.map(|port| port.to_string()))),
        ("ttl", or_default(daemon.ttl.map(|ttl| ttl.to_string()))),
    ]
}

fn or_none(word: Option<String>) -> String {
    word.filter(|word| !word.is_empty())
        .unwrap_or_else(|| "none".to_owned())
}

fn changed<const N: usize>(plain: &Settings<N>, new: &Settings<N>) -> Vec<String> {
    let pairs = plain.iter().zip(new);
    pairs
        .filter(|(plain, new)| plain != new)
        .map(|(_, (name, value))| format!("{name} {value}"))
        .collect()
}

fn differences<const N: usize>(before: &Settings<N>, after: &Settings<N>) -> Vec<String> {
    let pairs = before.iter().zip(after);
    pairs
        .filter(|(before, after)| before != after)
        .map(|((name, before), (_, after))| format!("{name} {before} -> {after}"))
        .collect()
}
