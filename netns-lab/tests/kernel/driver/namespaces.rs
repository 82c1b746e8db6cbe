//! Each namespace has an IPVS of its own, and one of them is out of bounds.

use std::thread;

use director_setup::Client;
use netns_lab::namespace::{HostNetwork, HostNetworkError, Namespace, NamespaceError, NamespaceId};

use super::{Case, named_cases, web};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        two_namespaces_know_nothing_of_each_other,
        a_client_keeps_its_namespace_on_other_threads,
        a_namespace_keeps_its_services_between_visits,
        the_lab_itself_is_outside_of_its_hosts_namespace,
        the_namespace_that_is_named_as_the_hosts_is_refused,
        entering_the_namespace_that_is_named_as_the_hosts_is_refused,
    ]
}

fn namespace(host: HostNetwork) -> (Namespace, Client) {
    Namespace::create::<_, NamespaceError>(host, |inside| {
        Ok(inside.ipvs().expect("the guest has IPVS"))
    })
    .unwrap()
}

fn two_namespaces_know_nothing_of_each_other(host: HostNetwork) {
    let ((_one, mut first), (_two, mut second)) = (namespace(host), namespace(host));
    first.add_service(&web()).unwrap();
    assert_eq!(second.services().unwrap(), []);
    second.add_service(&web()).unwrap();
    first.flush().unwrap();
    assert_eq!(second.services().unwrap().len(), 1);
}

fn a_client_keeps_its_namespace_on_other_threads(host: HostNetwork) {
    let (_namespace, mut ipvs) = namespace(host);
    let before = NamespaceId::current().unwrap();
    ipvs.add_service(&web()).unwrap();
    let seen = thread::spawn(move || ipvs.services().unwrap());
    assert_eq!(seen.join().unwrap().len(), 1);
    assert_eq!(NamespaceId::current().unwrap(), before);
    // This thread is elsewhere, where there is nothing.
    let here = host.ensure_outside().unwrap();
    assert_eq!(here.ipvs().unwrap().services().unwrap(), []);
}

fn a_namespace_keeps_its_services_between_visits(host: HostNetwork) {
    let (namespace, mut ipvs) = namespace(host);
    ipvs.add_service(&web()).unwrap();
    drop(ipvs);
    let seen = namespace.run::<_, NamespaceError>(host, |inside| {
        let mut ipvs = inside.ipvs().expect("the guest has IPVS");
        Ok(ipvs.services().unwrap())
    });
    assert_eq!(seen.unwrap().len(), 1);
}

fn the_lab_itself_is_outside_of_its_hosts_namespace(host: HostNetwork) {
    host.ensure_outside().unwrap();
}

fn the_namespace_that_is_named_as_the_hosts_is_refused(_: HostNetwork) {
    let here = HostNetwork::new(NamespaceId::current().unwrap());
    let error = here.ensure_outside().unwrap_err();
    assert!(matches!(error, HostNetworkError::Refused(_)), "{error}");
    // A namespace that is made anew is another one.
    let (_namespace, mut ipvs) = namespace(here);
    assert_eq!(ipvs.services().unwrap(), []);
}

fn entering_the_namespace_that_is_named_as_the_hosts_is_refused(host: HostNetwork) {
    let (namespace, id) = Namespace::create::<_, NamespaceError>(host, |_| {
        Ok(NamespaceId::current().expect("/proc is mounted"))
    })
    .unwrap();
    let refused = namespace.run::<(), NamespaceError>(HostNetwork::new(id), |_| {
        panic!("the work must not begin");
    });
    assert!(
        matches!(
            refused,
            Err(NamespaceError::Host(HostNetworkError::Refused(_)))
        ),
        "{refused:?}"
    );
}
