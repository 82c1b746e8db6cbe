//! The settings below `net.ipv4.vs` and what their values mean to the services that there are
//! (`Documentation/networking/ipvs-sysctl.rst`, Linux 6.12).

use serde::Serialize;

use super::Snapshot;
use super::snapshot::keeps_packets;
use crate::Forwarding;
use crate::network::Sysctl;

/// A setting, its value, and what that means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Which one.
    pub sysctl: Sysctl,
    /// Its value.
    pub value: String,
    /// The kernel's default.
    pub default: &'static str,
    /// What the value means to the services that there are.
    pub meaning: &'static str,
}

struct Known {
    path: &'static str,
    default: &'static str,
    meaning: fn(i64, &Snapshot) -> &'static str,
}

const NO_MATTER: &str = "of no effect on the services that there are";

/// The kernel's order by name.
const KNOWN: [Known; 16] = [
    known("net/ipv4/vs/backup_only", "0", |value, _| match value {
        0 => "a backup daemon does not keep it from scheduling",
        _ => "schedules nothing while the backup daemon runs",
    }),
    known("net/ipv4/vs/cache_bypass", "0", |value, _| match value {
        0 => "without a cache server clients are refused",
        _ => "without a cache server packets go to their own destination",
    }),
    known("net/ipv4/vs/conn_reuse_mode", "1", |value, _| match value {
        0 => "a client port used again follows the old connection, to a quiesced server too",
        _ => "a client port used again is scheduled anew once the old connection is closing",
    }),
    known("net/ipv4/vs/conntrack", "0", conntrack),
    known("net/ipv4/vs/drop_entry", "0", |value, _| match value {
        0 => "no entry is dropped when memory is short",
        3 => "entries are dropped at random, always",
        _ => "entries are dropped at random when memory is short",
    }),
    known("net/ipv4/vs/drop_packet", "0", |value, _| match value {
        0 => "no packet is dropped when memory is short",
        3 => "packets are dropped, always",
        _ => "packets are dropped when memory is short",
    }),
    known(
        "net/ipv4/vs/expire_nodest_conn",
        "0",
        |value, _| match value {
            0 => "connections of a deleted real server hang until they time out",
            _ => "connections of a deleted real server end at once",
        },
    ),
    known(
        "net/ipv4/vs/expire_quiescent_template",
        "0",
        |value, snapshot| {
            let persistent =
                |one: &super::snapshot::ConfiguredService| one.service.persistence.is_some();
            match value {
                _ if !snapshot.services.iter().any(persistent) => NO_MATTER,
                0 => "persistent clients return to a server of weight 0",
                _ => "persistent clients leave a server of weight 0",
            }
        },
    ),
    known(
        "net/ipv4/vs/nat_icmp_send",
        "0",
        |value, snapshot| match value {
            _ if !snapshot.uses(Forwarding::Nat) => NO_MATTER,
            0 => "a reply without a connection is not answered",
            _ => "a NAT server's reply without a connection is answered with an ICMP error",
        },
    ),
    known(
        "net/ipv4/vs/pmtu_disc",
        "1",
        |value, snapshot| match value {
            _ if !snapshot.uses(Forwarding::Tun) => NO_MATTER,
            0 => "packets too large for a tunnel are fragmented",
            _ => "senders of packets too large for a tunnel are told",
        },
    ),
    known("net/ipv4/vs/run_estimation", "1", |value, _| match value {
        0 => "counters and rates stand still",
        _ => "counters and rates are renewed every 2 s",
    }),
    known("net/ipv4/vs/schedule_icmp", "0", |value, _| match value {
        0 => "only ICMP that belongs to a connection is forwarded",
        _ => "ICMP may be scheduled by itself",
    }),
    known("net/ipv4/vs/secure_tcp", "0", |value, _| match value {
        0 => "TCP timeouts do not depend on memory",
        3 => "TCP connections time out sooner, always",
        _ => "TCP connections time out sooner when memory is short",
    }),
    known("net/ipv4/vs/sloppy_tcp", "0", |value, _| match value {
        0 => {
            "only a SYN makes a TCP connection; after a failover without synchronisation others end"
        }
        _ => "any TCP packet makes a connection, as after a failover without synchronisation",
    }),
    known(
        "net/ipv4/vs/snat_reroute",
        "1",
        |value, snapshot| match value {
            _ if !snapshot.uses(Forwarding::Nat) => NO_MATTER,
            0 => "replies keep the route they had before their source became the VIP",
            _ => "replies are routed anew once their source is the VIP",
        },
    ),
    known("net/ipv4/vs/sync_version", "1", |value, _| match value {
        0 => "synchronisation daemons speak the format of before Linux 2.6.39",
        _ => "synchronisation daemons speak the current format",
    }),
];

const fn known(
    path: &'static str,
    default: &'static str,
    meaning: fn(i64, &Snapshot) -> &'static str,
) -> Known {
    Known {
        path,
        default,
        meaning,
    }
}

fn conntrack(value: i64, snapshot: &Snapshot) -> &'static str {
    let halves = snapshot
        .servers()
        .any(|(_, server)| keeps_packets(server.forwarding));
    match value {
        0 => "netfilter does not track the services' connections",
        _ if halves => "netfilter tracks connections, of DR and TUN servers only one half",
        _ => "netfilter tracks the services' connections, which costs speed",
    }
}

/// The setting `net.ipv4.vs.NAME`, if it is known.
pub fn sysctl(name: &str) -> Option<Sysctl> {
    all().find(|sysctl| sysctl.to_string().strip_prefix("net.ipv4.vs.") == Some(name))
}

/// Every setting that is known.
pub fn all() -> impl Iterator<Item = Sysctl> {
    KNOWN.iter().map(|known| Sysctl::fixed(known.path))
}

/// The settings that this kernel has, with their meanings.
pub fn explain(snapshot: &Snapshot) -> Vec<Setting> {
    let known = KNOWN.iter();
    known
        .filter_map(|known| {
            let sysctl = Sysctl::fixed(known.path);
            let value = snapshot.settings.get(&sysctl)?.clone();
            let meaning = (known.meaning)(snapshot.number(&sysctl)?, snapshot);
            Some(Setting {
                sysctl,
                value,
                default: known.default,
                meaning,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{server, service, snapshot};
    use super::*;
    use crate::Scheduler;

    fn meaning(forwarding: Forwarding, name: &str, value: &str) -> &'static str {
        let web = service(Scheduler::RoundRobin, vec![server(2, forwarding, 1)]);
        let mut director = snapshot(vec![web]);
        director
            .settings
            .insert(sysctl(name).unwrap(), value.to_owned());
        explain(&director)[0].meaning
    }

    #[test]
    fn a_setting_means_something_to_the_services_that_there_are() {
        assert_eq!(meaning(Forwarding::Dr, "pmtu_disc", "1"), NO_MATTER);
        assert_ne!(meaning(Forwarding::Tun, "pmtu_disc", "1"), NO_MATTER);
        assert!(meaning(Forwarding::Dr, "conntrack", "1").contains("half"));
        assert!(!meaning(Forwarding::Nat, "conntrack", "1").contains("half"));
    }

    #[test]
    fn settings_that_the_kernel_lacks_or_that_are_no_numbers_are_left_out() {
        let mut director = snapshot(Vec::new());
        assert_eq!(explain(&director), []);
        director
            .settings
            .insert(sysctl("conntrack").unwrap(), "?".to_owned());
        assert_eq!(explain(&director), []);
    }
}
