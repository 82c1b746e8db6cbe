//! Services come back from the kernel as they were asked for.

use std::net::Ipv4Addr;

use director_setup::{
    AddressFamily, Client, Netmask, Persistence, Scheduler, Service, ServiceFlags, Statistics,
};
use netns_lab::namespace::HostNetwork;

use super::{Case, keys, named_cases, on_director, only_service, web};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        ipvs_is_version_1_2_1_with_a_connection_table,
        a_service_of_every_kind_comes_back_as_it_was_added,
        a_service_of_every_kind_comes_back_as_it_was_edited,
        a_deleted_service_is_gone,
        a_new_service_has_carried_nothing,
        persistence_comes_back_for_ipv4_and_ipv6,
        persistence_can_be_taken_away_again,
        scheduler_flags_come_back,
        one_packet_scheduling_comes_back,
    ]
}

fn ipvs_is_version_1_2_1_with_a_connection_table(host: HostNetwork) {
    let info = on_director(host, |ipvs| ipvs.info().unwrap());
    assert_eq!(info.version.to_string(), "1.2.1");
    // Linux 7 says 0 before the first service.
    assert!(
        info.connection_table_size == 0 || info.connection_table_size.is_power_of_two(),
        "{info:?}"
    );
}

fn a_service_of_every_kind_comes_back_as_it_was_added(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            comes_back(ipvs, &Service::new(key, Scheduler::RoundRobin));
        }
    });
}

fn a_service_of_every_kind_comes_back_as_it_was_edited(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
            let desired = Service::new(key, Scheduler::SourceHashing)
                .with_flags(ServiceFlags::SH_PORT)
                .persistent(60);
            ipvs.edit_service(&desired).unwrap();
            assert_eq!(only_service(ipvs), desired);
            ipvs.delete_service(&key).unwrap();
        }
    });
}

fn a_deleted_service_is_gone(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
        }
        for key in keys() {
            ipvs.delete_service(&key).unwrap();
            let left = ipvs.services().unwrap();
            assert!(left.iter().all(|it| it.service.key != key), "{left:?}");
        }
        assert_eq!(ipvs.services().unwrap(), []);
    });
}

fn a_new_service_has_carried_nothing(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        let entry = ipvs.services().unwrap().remove(0);
        assert_eq!(entry.statistics, Statistics::default());
    });
}

fn persistence_comes_back_for_ipv4_and_ipv6(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            let netmask = match key.family() {
                AddressFamily::Ipv4 => Netmask::Ipv4(Ipv4Addr::new(255, 255, 255, 0)),
                AddressFamily::Ipv6 => Netmask::Ipv6(64),
            };
            let plain = Service::new(key, Scheduler::WeightedRoundRobin);
            comes_back(ipvs, &plain.clone().persistent(1));
            let mut of_networks = plain;
            of_networks.persistence = Some(Persistence {
                timeout_seconds: 360,
                netmask,
            });
            comes_back(ipvs, &of_networks);
        }
    });
}

fn persistence_can_be_taken_away_again(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web().persistent(360)).unwrap();
        ipvs.edit_service(&web()).unwrap();
        assert_eq!(only_service(ipvs), web());
    });
}

fn scheduler_flags_come_back(host: HostNetwork) {
    use ServiceFlags as Flags;
    on_director(host, |ipvs| {
        for (scheduler, flags) in [
            (Scheduler::SourceHashing, Flags::SH_FALLBACK),
            (Scheduler::SourceHashing, Flags::SH_PORT),
            (Scheduler::MaglevHashing, Flags::MH_FALLBACK),
            (Scheduler::MaglevHashing, Flags::MH_PORT),
            (
                Scheduler::MaglevHashing,
                Flags::MH_FALLBACK | Flags::MH_PORT,
            ),
            (Scheduler::RoundRobin, Flags::SCHEDULER_3),
        ] {
            comes_back(ipvs, &Service::new(web().key, scheduler).with_flags(flags));
        }
    });
}

fn one_packet_scheduling_comes_back(host: HostNetwork) {
    let datagrams = keys()
        .into_iter()
        .find(|key| key.to_string().starts_with("udp"))
        .unwrap();
    on_director(host, |ipvs| {
        let service = Service::new(datagrams, Scheduler::RoundRobin);
        comes_back(ipvs, &service.with_flags(ServiceFlags::ONE_PACKET));
    });
}

/// Adds a service to an empty namespace, looks at it, and deletes it.
fn comes_back(ipvs: &mut Client, desired: &Service) {
    ipvs.add_service(desired).unwrap();
    assert_eq!(only_service(ipvs), *desired);
    ipvs.delete_service(&desired.key).unwrap();
}
