//! Timeouts, counters, single services and sync daemons.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use director_setup::{
    AddressFamily, Client, Errno, Error, Forwarding, Scheduler, Service, ServiceKey, Statistics,
    SyncDaemon, SyncRole, Timeouts,
};
use netns_lab::namespace::HostNetwork;

use super::{
    Case, LINK, Local, in_director, keys, named_cases, on_director, on_linked_director, server, web,
};

/// The kernel adds up what it counts every 2 seconds.
const ADDED_UP_WITHIN: Duration = Duration::from_secs(20);

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        timeouts_are_the_kernels_until_they_are_set,
        a_timeout_of_0_is_kept,
        a_timeout_that_the_kernel_cannot_count_is_einval_and_changes_nothing,
        counters_of_one_service_are_zeroed_and_others_stay,
        all_counters_are_zeroed,
        counters_of_a_missing_service_are_esrch,
        a_single_service_reads_as_it_is_listed,
        a_single_service_that_is_missing_is_esrch,
        no_sync_daemon_runs_in_a_fresh_namespace,
        sync_daemons_come_back_with_all_of_their_settings,
        a_sync_daemon_without_settings_has_the_kernels,
        a_backup_takes_an_ipv6_group,
        a_second_sync_daemon_of_a_role_is_eexist,
        a_stopped_sync_daemon_is_gone_and_the_other_one_stays,
        a_sync_daemon_that_does_not_run_is_esrch,
        a_sync_daemon_on_a_missing_interface_is_enodev,
        a_sync_group_that_is_not_multicast_is_refused,
        sync_daemons_and_real_servers_of_the_other_family_exclude_each_other,
    ]
}

const fn timeouts(tcp: u32, tcp_fin: u32, udp: u32) -> Timeouts {
    Timeouts { tcp, tcp_fin, udp }
}

fn assert_refused(result: Result<(), Error>, errno: Errno, part: &str) {
    let error = result.expect_err("the kernel refuses");
    assert_eq!(error.errno(), Some(errno), "{error}");
    let text = error.to_string();
    assert!(text.contains(part), "{part:?} is not in: {text}");
}

fn timeouts_are_the_kernels_until_they_are_set(host: HostNetwork) {
    on_director(host, |ipvs| {
        assert_eq!(ipvs.timeouts().unwrap(), timeouts(900, 120, 300));
        ipvs.set_timeouts(timeouts(1, 2, 3)).unwrap();
        assert_eq!(ipvs.timeouts().unwrap(), timeouts(1, 2, 3));
    });
}

fn a_timeout_of_0_is_kept(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.set_timeouts(timeouts(10, 20, 30)).unwrap();
        for (set, then) in [
            (timeouts(0, 0, 0), timeouts(10, 20, 30)),
            (timeouts(11, 0, 0), timeouts(11, 20, 30)),
            (timeouts(0, 21, 0), timeouts(11, 21, 30)),
            (timeouts(0, 0, 31), timeouts(11, 21, 31)),
        ] {
            ipvs.set_timeouts(set).unwrap();
            assert_eq!(ipvs.timeouts().unwrap(), then);
        }
    });
}

fn a_timeout_that_the_kernel_cannot_count_is_einval_and_changes_nothing(host: HostNetwork) {
    on_director(host, |ipvs| {
        let before = ipvs.timeouts().unwrap();
        for too_large in [
            timeouts(u32::MAX, 1, 1),
            timeouts(1, u32::MAX, 1),
            timeouts(1, 1, u32::MAX),
            timeouts(i32::MAX.unsigned_abs(), 0, 0),
        ] {
            let refusal = ipvs.set_timeouts(too_large);
            assert_refused(refusal, Errno::EINVAL, "cannot set the timeouts: ");
            assert_eq!(ipvs.timeouts().unwrap(), before, "{too_large:?}");
        }
    });
}

/// The counters of a service and of its only real server.
fn statistics(ipvs: &mut Client, key: &ServiceKey) -> [Statistics; 2] {
    let server = ipvs.servers(key).unwrap().remove(0);
    [ipvs.service(key).unwrap().statistics, server.statistics]
}

/// Makes a connection to each of the services and waits until the kernel has added it all up.
fn count(ipvs: &mut Client, services: &[Local]) {
    const DATAGRAMS: usize = 3;
    let start = Instant::now();
    for local in services {
        local.send(DATAGRAMS);
    }
    let mut counted = |local: &Local| {
        let counters = statistics(ipvs, &local.service.key);
        counters
            .iter()
            .all(|one| (one.totals.connections, one.totals.packets_in) == (1, DATAGRAMS as u64))
    };
    while !services.iter().all(&mut counted) {
        assert!(start.elapsed() < ADDED_UP_WITHIN, "nothing was counted");
        thread::sleep(Duration::from_millis(50));
    }
}

fn counters_of_one_service_are_zeroed_and_others_stay(host: HostNetwork) {
    in_director(host, vec![], |ipvs, director| {
        let services = [5000, 6000].map(|port| Local::add(host, ipvs, director, port));
        count(ipvs, &services);
        let [zeroed, other] = services.map(|local| local.service.key);
        ipvs.zero(Some(&zeroed)).unwrap();
        assert_eq!(statistics(ipvs, &zeroed), [Statistics::default(); 2]);
        for kept in statistics(ipvs, &other) {
            assert_eq!(kept.totals.connections, 1, "{kept:?}");
        }
    });
}

fn all_counters_are_zeroed(host: HostNetwork) {
    in_director(host, vec![], |ipvs, director| {
        let services = [5000, 6000].map(|port| Local::add(host, ipvs, director, port));
        count(ipvs, &services);
        ipvs.zero(None).unwrap();
        for local in services {
            let zeroed = statistics(ipvs, &local.service.key);
            assert_eq!(zeroed, [Statistics::default(); 2]);
        }
    });
}

fn counters_of_a_missing_service_are_esrch(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            let said = format!("cannot zero the counters of {key}: ");
            assert_refused(ipvs.zero(Some(&key)), Errno::ESRCH, &said);
        }
        ipvs.zero(None).unwrap();
    });
}

fn a_single_service_reads_as_it_is_listed(host: HostNetwork) {
    on_director(host, |ipvs| {
        for (number, key) in (1..).zip(keys()) {
            let service = Service::new(key, Scheduler::SourceHashing).persistent(number);
            ipvs.add_service(&service).unwrap();
        }
        let listed = ipvs.services().unwrap();
        assert_eq!(listed.len(), keys().len());
        for entry in listed {
            assert_eq!(ipvs.service(&entry.service.key).unwrap(), entry);
        }
    });
}

fn a_single_service_that_is_missing_is_esrch(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            let said = format!("cannot read service {key}: ");
            let read = ipvs.service(&key).map(|_| ());
            assert_refused(read, Errno::ESRCH, &said);
        }
        ipvs.add_service(&web()).unwrap();
        ipvs.service(&web().key).unwrap();
    });
}

fn daemon(role: SyncRole) -> SyncDaemon {
    SyncDaemon::new(role, LINK)
}

/// A daemon of each role without a default.
fn particular() -> [SyncDaemon; 2] {
    [
        SyncDaemon {
            sync_id: 255,
            max_length: Some(1000),
            group: Some(Ipv4Addr::new(239, 1, 2, 3).into()),
            port: Some(9000),
            ttl: Some(5),
            ..daemon(SyncRole::Master)
        },
        SyncDaemon {
            sync_id: 7,
            max_length: Some(1400),
            group: Some(Ipv4Addr::new(224, 0, 0, 99).into()),
            port: Some(65535),
            ttl: Some(255),
            ..daemon(SyncRole::Backup)
        },
    ]
}

fn no_sync_daemon_runs_in_a_fresh_namespace(host: HostNetwork) {
    on_director(host, |ipvs| assert_eq!(ipvs.daemons().unwrap(), []));
}

fn sync_daemons_come_back_with_all_of_their_settings(host: HostNetwork) {
    let [master, backup] = particular();
    on_linked_director(host, |ipvs| {
        ipvs.start_daemon(&backup).unwrap();
        assert_eq!(ipvs.daemons().unwrap(), slice::from_ref(&backup));
        ipvs.start_daemon(&master).unwrap();
        assert_eq!(ipvs.daemons().unwrap(), [master, backup]);
    });
}

fn a_sync_daemon_without_settings_has_the_kernels(host: HostNetwork) {
    on_linked_director(host, |ipvs| {
        for role in [SyncRole::Master, SyncRole::Backup] {
            ipvs.start_daemon(&daemon(role)).unwrap();
            let running = SyncDaemon {
                // The MTU less the headers of IP and UDP.
                max_length: Some(1500 - 28),
                group: Some(Ipv4Addr::new(224, 0, 0, 81).into()),
                port: Some(8848),
                ttl: Some(1),
                ..daemon(role)
            };
            assert_eq!(ipvs.daemons().unwrap(), [running]);
            ipvs.stop_daemon(role).unwrap();
        }
    });
}

fn a_backup_takes_an_ipv6_group(host: HostNetwork) {
    let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x81);
    let wanted = SyncDaemon {
        group: Some(group.into()),
        ..daemon(SyncRole::Backup)
    };
    on_linked_director(host, |ipvs| {
        ipvs.start_daemon(&wanted).unwrap();
        let running = ipvs.daemons().unwrap().remove(0);
        assert_eq!(running.group, Some(IpAddr::V6(group)));
        assert_eq!(running.max_length, Some(1500 - 48));
    });
}

fn a_second_sync_daemon_of_a_role_is_eexist(host: HostNetwork) {
    let [master, backup] = particular();
    on_linked_director(host, |ipvs| {
        ipvs.start_daemon(&master).unwrap();
        ipvs.start_daemon(&backup).unwrap();
        for role in [SyncRole::Master, SyncRole::Backup] {
            let said = format!("cannot start the {role} sync daemon on {LINK}: ");
            assert_refused(ipvs.start_daemon(&daemon(role)), Errno::EEXIST, &said);
        }
        assert_eq!(ipvs.daemons().unwrap(), [master, backup]);
    });
}

fn a_stopped_sync_daemon_is_gone_and_the_other_one_stays(host: HostNetwork) {
    let [master, backup] = particular();
    on_linked_director(host, |ipvs| {
        ipvs.start_daemon(&master).unwrap();
        ipvs.start_daemon(&backup).unwrap();
        ipvs.stop_daemon(SyncRole::Master).unwrap();
        assert_eq!(ipvs.daemons().unwrap(), [backup]);
        ipvs.start_daemon(&master).unwrap();
        ipvs.stop_daemon(SyncRole::Backup).unwrap();
        assert_eq!(ipvs.daemons().unwrap(), [master]);
    });
}

fn a_sync_daemon_that_does_not_run_is_esrch(host: HostNetwork) {
    on_linked_director(host, |ipvs| {
        for role in [SyncRole::Master, SyncRole::Backup] {
            let said = format!("stop the {role} sync daemon: No such process (ESRCH); there is no");
            assert_refused(ipvs.stop_daemon(role), Errno::ESRCH, &said);
            ipvs.start_daemon(&daemon(role)).unwrap();
            ipvs.stop_daemon(role).unwrap();
            assert_refused(ipvs.stop_daemon(role), Errno::ESRCH, &said);
        }
    });
}

fn a_sync_daemon_on_a_missing_interface_is_enodev(host: HostNetwork) {
    on_linked_director(host, |ipvs| {
        for role in [SyncRole::Master, SyncRole::Backup] {
            let nowhere = SyncDaemon::new(role, "nosuch0");
            let said = format!("cannot start the {role} sync daemon on nosuch0: ");
            assert_refused(ipvs.start_daemon(&nowhere), Errno::ENODEV, &said);
        }
        assert_eq!(ipvs.daemons().unwrap(), []);
    });
}

fn a_sync_group_that_is_not_multicast_is_refused(host: HostNetwork) {
    on_linked_director(host, |ipvs| {
        for role in [SyncRole::Master, SyncRole::Backup] {
            let unicast = SyncDaemon {
                group: Some(Ipv4Addr::new(192, 168, 0, 11).into()),
                ..daemon(role)
            };
            assert_refused(ipvs.start_daemon(&unicast), Errno::EINVAL, "sync daemon");
        }
        assert_eq!(ipvs.daemons().unwrap(), []);
    });
}

fn sync_daemons_and_real_servers_of_the_other_family_exclude_each_other(host: HostNetwork) {
    let mixed = server(AddressFamily::Ipv6, 1, Forwarding::Tun);
    let master = daemon(SyncRole::Master);
    on_linked_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_server(&key, &mixed).unwrap();
        let said = "sync daemons do not work with real servers of another family";
        assert_refused(ipvs.start_daemon(&master), Errno::EINVAL, said);
        ipvs.delete_server(&key, mixed.address).unwrap();
        ipvs.start_daemon(&master).unwrap();
        let refusal = ipvs.add_server(&key, &mixed);
        assert_refused(refusal, Errno::EINVAL, "no sync daemon runs");
    });
}
