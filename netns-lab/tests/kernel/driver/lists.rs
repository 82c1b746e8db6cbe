//! Lists are complete and in the kernel's order, however long they are.

use std::collections::BTreeSet;

use director_setup::{AddressFamily, Forwarding, Scheduler, Service, ServiceKey};
use netns_lab::namespace::HostNetwork;

use super::{Case, keys, named_cases, on_director, server, servers, web};

/// The answer takes several datagrams: one holds about 30 real servers.
const MANY: u16 = 300;

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        a_fresh_namespace_has_no_services,
        real_servers_are_listed_newest_first,
        many_real_servers_are_listed_to_the_last,
        many_services_are_listed_to_the_last,
        real_servers_are_listed_for_the_service_that_was_asked_for,
        flush_deletes_everything_and_what_comes_after_is_new,
        a_client_answers_on_after_many_refusals,
    ]
}

fn a_fresh_namespace_has_no_services(host: HostNetwork) {
    on_director(host, |ipvs| assert_eq!(ipvs.services().unwrap(), []));
}

fn real_servers_are_listed_newest_first(host: HostNetwork) {
    let [one, two, three] =
        [1, 2, 3].map(|number| server(AddressFamily::Ipv4, number, Forwarding::Nat));
    on_director(host, |ipvs| {
        let key = web().key;
        ipvs.add_service(&web()).unwrap();
        ipvs.add_servers(&key, &[two.clone(), one.clone(), three.clone()])
            .unwrap();
        assert_eq!(servers(ipvs, &key), [three, one, two]);
    });
}

fn many_real_servers_are_listed_to_the_last(host: HostNetwork) {
    on_director(host, |ipvs| {
        for family in [AddressFamily::Ipv4, AddressFamily::Ipv6] {
            let key = keys()
                .into_iter()
                .find(|key| key.family() == family)
                .unwrap();
            let mut desired: Vec<_> = (1..=MANY)
                .map(|number| server(family, number, Forwarding::Nat).with_weight(number.into()))
                .collect();
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
            ipvs.add_servers(&key, &desired).unwrap();
            desired.reverse();
            assert_eq!(servers(ipvs, &key), desired);
        }
    });
}

fn many_services_are_listed_to_the_last(host: HostNetwork) {
    let keys: BTreeSet<_> = (1..=MANY)
        .map(|port| ServiceKey::tcp(([192, 168, 0, 1], port).into()))
        .collect();
    on_director(host, |ipvs| {
        for key in &keys {
            ipvs.add_service(&Service::new(*key, Scheduler::RoundRobin))
                .unwrap();
        }
        let listed = ipvs.services().unwrap();
        assert_eq!(listed.len(), keys.len(), "none is listed twice");
        let listed: BTreeSet<_> = listed.into_iter().map(|it| it.service.key).collect();
        assert_eq!(listed, keys);
    });
}

fn real_servers_are_listed_for_the_service_that_was_asked_for(host: HostNetwork) {
    on_director(host, |ipvs| {
        let numbered = || (1..).zip(keys());
        for (number, key) in numbered() {
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
            ipvs.add_server(&key, &server(key.family(), number, Forwarding::Nat))
                .unwrap();
        }
        for (number, key) in numbered() {
            let own = server(key.family(), number, Forwarding::Nat);
            assert_eq!(servers(ipvs, &key), [own], "{key}");
        }
    });
}

fn flush_deletes_everything_and_what_comes_after_is_new(host: HostNetwork) {
    on_director(host, |ipvs| {
        for key in keys() {
            ipvs.add_service(&Service::new(key, Scheduler::RoundRobin))
                .unwrap();
            ipvs.add_server(&key, &server(key.family(), 1, Forwarding::Nat))
                .unwrap();
        }
        ipvs.flush().unwrap();
        assert_eq!(ipvs.services().unwrap(), []);
        ipvs.flush().unwrap();
        ipvs.add_service(&web()).unwrap();
        assert_eq!(ipvs.servers(&web().key).unwrap(), []);
    });
}

fn a_client_answers_on_after_many_refusals(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        for _ in 0..1000 {
            ipvs.add_service(&web()).unwrap_err();
        }
        assert_eq!(ipvs.services().unwrap().len(), 1);
    });
}
