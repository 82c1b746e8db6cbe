//! The commands that mend findings.

use crate::{
    Forwarding, Netmask, Protocol, RealServer, Scheduler, Service, ServiceFlags, ServiceKey,
    Thresholds, Tunnel, TunnelChecksum,
};

const PROGRAM: &str = "director-setup ipvsadm";

/// Gives a service another scheduler and leaves the rest; `ipvsadm -E` replaces everything, so
/// everything is said. Flags of the old scheduler have no meaning to the new one.
pub(super) fn with_scheduler(service: &Service, scheduler: &Scheduler) -> String {
    let kept = service.flags.bits() & ServiceFlags::ONE_PACKET.bits();
    edit(&Service {
        scheduler: scheduler.clone(),
        flags: kept.into(),
        ..service.clone()
    })
}

/// Sets a service as it is given.
pub(super) fn edit(service: &Service) -> String {
    let one_packet = service.flags.contains(ServiceFlags::ONE_PACKET);
    [
        format!(
            "{PROGRAM} -E {} -s {}",
            named(&service.key),
            service.scheduler
        ),
        persistence(service),
        engine(service),
        if one_packet {
            " -o".to_owned()
        } else {
            String::new()
        },
        scheduler_flags(service),
    ]
    .concat()
}

fn persistence(service: &Service) -> String {
    let Some(persistence) = &service.persistence else {
        return String::new();
    };
    let seconds = persistence.timeout_seconds;
    match persistence.netmask {
        mask if mask == Netmask::single_client(service.key.family()) => format!(" -p {seconds}"),
        Netmask::Ipv4(mask) => format!(" -p {seconds} -M {mask}"),
        Netmask::Ipv6(prefix) => format!(" -p {seconds} -M {prefix}"),
    }
}

fn engine(service: &Service) -> String {
    let engine = service.engine.as_ref();
    engine.map_or_else(String::new, |engine| format!(" --pe {engine}"))
}

fn scheduler_flags(service: &Service) -> String {
    let names = match service.scheduler {
        Scheduler::SourceHashing => ["sh-fallback", "sh-port", "flag-3"],
        Scheduler::MaglevHashing => ["mh-fallback", "mh-port", "flag-3"],
        _ => ["flag-1", "flag-2", "flag-3"],
    };
    let flags = [
        ServiceFlags::SCHEDULER_1,
        ServiceFlags::SCHEDULER_2,
        ServiceFlags::SCHEDULER_3,
    ];
    let set: Vec<&str> = flags
        .into_iter()
        .zip(names)
        .filter(|(flag, _)| service.flags.contains(*flag))
        .map(|(_, name)| name)
        .collect();
    if set.is_empty() {
        return String::new();
    }
    format!(" -b {}", set.join(","))
}

/// Adds a real server to a service.
pub(super) fn add_server(key: &ServiceKey, server: &RealServer) -> String {
    server_command("-a", key, server)
}

/// Sets a real server as it is given; `ipvsadm -e` replaces everything, so everything is said.
pub(super) fn edit_server(key: &ServiceKey, server: &RealServer) -> String {
    server_command("-e", key, server)
}

/// Deletes a real server.
pub(super) fn delete_server(key: &ServiceKey, server: &RealServer) -> String {
    format!("{PROGRAM} -d {} -r {}", named(key), server.address)
}

fn server_command(verb: &str, key: &ServiceKey, server: &RealServer) -> String {
    let method = match server.forwarding {
        Forwarding::Nat => "-m",
        Forwarding::Tun => "-i",
        _ => "-g",
    };
    let (service, address, weight) = (named(key), server.address, server.weight);
    let (thresholds, tunnel) = (thresholds(server.thresholds), tunnel(server));
    format!("{PROGRAM} {verb} {service} -r {address} {method} -w {weight}{thresholds}{tunnel}")
}

fn thresholds(Thresholds { upper, lower }: Thresholds) -> String {
    match (upper, lower) {
        (0, 0) => String::new(),
        (_, 0) => format!(" -x {upper}"),
        _ => format!(" -x {upper} -y {lower}"),
    }
}

/// Nothing for plain IP in IP, and for what has no option.
fn tunnel(server: &RealServer) -> String {
    if server.forwarding != Forwarding::Tun {
        return String::new();
    }
    match server.tunnel {
        Tunnel::Gue { port, checksum } => {
            let checksum = tunnel_checksum(checksum);
            format!(" --tun-type gue --tun-port {port}{checksum}")
        }
        Tunnel::Gre { checksum } => format!(" --tun-type gre{}", tunnel_checksum(checksum)),
        _ => String::new(),
    }
}

const fn tunnel_checksum(checksum: TunnelChecksum) -> &'static str {
    match checksum {
        TunnelChecksum::Full => " --tun-csum",
        TunnelChecksum::Remote => " --tun-remcsum",
        _ => "",
    }
}

/// The service as the command line names it.
pub(super) fn named(key: &ServiceKey) -> String {
    match key {
        ServiceKey::Address { protocol, address } => {
            let option = match protocol {
                Protocol::Udp => "-u",
                Protocol::Sctp => "--sctp-service",
                _ => "-t",
            };
            format!("{option} {address}")
        }
        ServiceKey::FirewallMark { mark, family } => match family {
            crate::AddressFamily::Ipv4 => format!("-f {mark}"),
            crate::AddressFamily::Ipv6 => format!("-f {mark} -6"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_service_keeps_its_persistence_and_the_flags_that_still_mean_something() {
        let key = ServiceKey::tcp(([192, 0, 2, 1], 80).into());
        let flags = ServiceFlags::SH_PORT | ServiceFlags::SH_FALLBACK;
        let service = Service::new(key, Scheduler::SourceHashing)
            .with_flags(flags)
            .persistent(300);
        assert_eq!(
            edit(&service),
            "director-setup ipvsadm -E -t 192.0.2.1:80 -s sh -p 300 -b sh-fallback,sh-port"
        );
        assert_eq!(
            with_scheduler(&service, &Scheduler::MaglevHashing),
            "director-setup ipvsadm -E -t 192.0.2.1:80 -s mh -p 300"
        );
        let sip = Service {
            engine: Some("sip".to_owned()),
            ..service
        };
        assert_eq!(
            with_scheduler(&sip, &Scheduler::RoundRobin),
            "director-setup ipvsadm -E -t 192.0.2.1:80 -s rr -p 300 --pe sip"
        );
    }

    #[test]
    fn an_edited_server_keeps_its_thresholds_and_its_tunnel() {
        let key = ServiceKey::tcp(([192, 0, 2, 1], 80).into());
        let server = |tunnel, upper, lower| {
            RealServer::new(([10, 0, 1, 2], 80).into(), Forwarding::Tun)
                .with_tunnel(tunnel)
                .with_thresholds(Thresholds { upper, lower })
        };
        let checksum = TunnelChecksum::Full;
        let gue = Tunnel::Gue {
            port: 6080,
            checksum,
        };
        let start = "director-setup ipvsadm -e -t 192.0.2.1:80 -r 10.0.1.2:80 -i -w 1";
        for (server, end) in [
            (
                server(gue, 9, 3),
                " -x 9 -y 3 --tun-type gue --tun-port 6080 --tun-csum",
            ),
            (
                server(Tunnel::Gre { checksum }, 9, 0),
                " -x 9 --tun-type gre --tun-csum",
            ),
            (server(Tunnel::Ipip, 0, 0), ""),
        ] {
            assert_eq!(edit_server(&key, &server), format!("{start}{end}"));
        }
    }
}
