//! The commands that mend findings.

use crate::{
    Forwarding, Netmask, Protocol, RealServer, Scheduler, Service, ServiceFlags, ServiceKey,
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

/// Sets a real server's weight and method.
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
    format!("{PROGRAM} {verb} {service} -r {address} {method} -w {weight}")
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
    }
}
