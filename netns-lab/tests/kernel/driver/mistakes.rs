//! `director-setup check` on directors with real services.

use director_setup::check::{self, Severity, findings};
use director_setup::{Forwarding, RealServer, Scheduler, Service, ServiceKey, Weight};
use netns_lab::experiment::{ExperimentFlags, source};
use netns_lab::namespace::{HostNetwork, Lab, NamespaceError};
use netns_lab::topology::{self, Topology};

use super::{Case, named_cases};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        check_is_content_with_a_lab_for_direct_routing,
        check_names_the_real_server_that_answers_for_the_vip,
        check_finds_what_the_kernel_took_without_a_word,
    ]
}

/// The network of the built-in experiment for direct routing.
fn direct_routing() -> Topology {
    let words = ["dr-wlc".to_owned()];
    let experiments = source::experiments(&words, &ExperimentFlags::default());
    topology::plan(&experiments.expect("the built-in is valid")[0])
}

/// The names of the errors and warnings on a director of this network with these services.
fn found(
    host: HostNetwork,
    topology: &Topology,
    services: &[(Service, Vec<RealServer>)],
) -> Vec<&'static str> {
    let lab = Lab::build(host, topology).expect("the guest makes namespaces");
    let snapshot = lab
        .director
        .namespace
        .run::<_, NamespaceError>(host, |inside| {
            let mut ipvs = inside.ipvs().expect("the guest has IPVS");
            for (service, servers) in services {
                ipvs.add_service(service).expect("the kernel takes it");
                ipvs.add_servers(&service.key, servers)
                    .expect("the kernel takes them");
            }
            Ok(check::gather())
        })
        .expect("the namespace can be entered");
    let (_, snapshot) = snapshot.expect("everything can be looked at");
    findings::all(&snapshot)
        .into_iter()
        .filter(|finding| finding.severity != Severity::Note)
        .map(|finding| finding.name)
        .collect()
}

fn web() -> Service {
    let key = ServiceKey::tcp(([192, 168, 0, 1], 80).into());
    Service::new(key, Scheduler::WeightedLeastConnection)
}

fn server(topology: &Topology, number: usize, port: u16, forwarding: Forwarding) -> RealServer {
    let interface = &topology.real_servers[number].interfaces[0];
    let address = interface.addresses[0].addr();
    RealServer::new((address, port).into(), forwarding)
}

fn check_is_content_with_a_lab_for_direct_routing(host: HostNetwork) {
    let topology = direct_routing();
    let servers = (0..2).map(|number| server(&topology, number, 80, Forwarding::Dr));
    assert_eq!(
        found(host, &topology, &[(web(), servers.collect())]),
        [""; 0]
    );
}

fn check_names_the_real_server_that_answers_for_the_vip(host: HostNetwork) {
    let mut topology = direct_routing();
    for server in &mut topology.real_servers {
        server
            .sysctls
            .retain(|setting| !setting.path.contains("/arp_"));
    }
    let servers = (0..2).map(|number| server(&topology, number, 80, Forwarding::Dr));
    let found = found(host, &topology, &[(web(), servers.collect())]);
    assert!(found.contains(&"vip-answered-by-real-server"), "{found:?}");
}

fn check_finds_what_the_kernel_took_without_a_word(host: HostNetwork) {
    let topology = direct_routing();
    let servers = vec![
        server(&topology, 0, 8080, Forwarding::Dr).with_weight(Weight::from(4)),
        server(&topology, 1, 80, Forwarding::Nat),
    ];
    let round_robin = Service {
        scheduler: Scheduler::RoundRobin,
        ..web()
    };
    let found = found(host, &topology, &[(round_robin, servers)]);
    for name in ["port-differs", "nat-without-ip-forward", "weights-ignored"] {
        assert!(found.contains(&name), "{name} in {found:?}");
    }
}
