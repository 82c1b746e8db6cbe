//! A director and a real server on one link: who answers for the VIP?

use std::time::{Duration, Instant};

use director_setup::check::findings;
use director_setup::check::look_at_network;
use director_setup::check::snapshot::{ArpProbe, ConfiguredService, Snapshot};
use director_setup::network::route::{self, Route};
use director_setup::network::rtnetlink::Socket;
use director_setup::realserver::{Purpose, Vip, apply, undo};
use director_setup::{Forwarding, RealServer, Scheduler, Service, ServiceKey};

use crate::namespace::{Namespace, find};

const VIP: [u8; 4] = [10, 9, 0, 99];
const SERVER: [u8; 4] = [10, 9, 0, 2];

fn services() -> Vec<ConfiguredService> {
    let service = Service::new(ServiceKey::tcp((VIP, 80).into()), Scheduler::RoundRobin);
    let servers = vec![RealServer::new((SERVER, 80).into(), Forwarding::Dr)];
    vec![ConfiguredService { service, servers }]
}

fn link() -> Option<(Namespace, Namespace)> {
    let (director, server) = (Namespace::create()?, Namespace::create()?);
    director.connect("to-servers", &server, "to-director");
    director.add_address("to-servers", [10, 9, 0, 1], 24);
    director.add_address("lo", VIP, 32);
    server.add_address("to-director", SERVER, 24);
    Some((director, server))
}

/// What the director finds.
fn check(director: &Namespace) -> (Snapshot, Vec<(&'static str, Option<String>)>) {
    director.run(|| {
        let services = services();
        let snapshot = Snapshot {
            network: look_at_network(&services).unwrap(),
            services,
            ..Snapshot::default()
        };
        let findings = findings::all(&snapshot).into_iter();
        let findings = findings
            .map(|finding| (finding.name, finding.remedy))
            .collect();
        (snapshot, findings)
    })
}

/// The first findings that there are: a new link carries nothing until both its ends have heard of
/// each other, and without an answer there is nothing to find.
fn first_findings(director: &Namespace) -> Vec<(&'static str, Option<String>)> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, findings) = check(director);
        if !findings.is_empty() || Instant::now() > deadline {
            return findings;
        }
    }
}

#[test]
fn a_real_server_that_answers_for_the_vip_is_found_and_the_remedy_silences_it() {
    let Some((director, server)) = link() else {
        return;
    };
    server.add_address("lo", VIP, 32);
    let findings = first_findings(&director);
    let remedy = "on 10.9.0.2: director-setup realserver apply --vip 10.9.0.99 --mode dr";
    let expected = ("vip-answered-by-real-server", Some(remedy.to_owned()));
    assert_eq!(findings, [expected]);
    server.remove_address("lo", VIP);

    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.toml");
    let path = state.clone();
    server.run(move || {
        let vip = Vip {
            address: VIP.into(),
            interface: "lo".parse().unwrap(),
            method: "dr".parse().unwrap(),
        };
        apply(&[vip], &path, Purpose::CarryOut).unwrap();
    });
    let (snapshot, findings) = check(&director);
    assert_eq!(findings, []);
    assert_eq!(snapshot.network.arp, ArpProbe::Answers(Vec::new()));
    server.run(move || undo(None, &state, Purpose::CarryOut).unwrap());
}

#[test]
fn routes_tell_the_own_from_the_neighbour_and_from_the_unreachable() {
    let Some((director, server)) = link() else {
        return;
    };
    let (snapshot, _) = check(&director);
    let routes = snapshot.network.routes;
    let interface = director.run(|| find("to-servers").index);
    assert_eq!(routes[&VIP.into()], Route::Local);
    let loopback = director.run(|| {
        let mut socket = Socket::open().unwrap();
        route::lookup(&mut socket, "::1".parse().unwrap()).unwrap()
    });
    assert_eq!(loopback, Route::Local);
    assert_eq!(routes[&SERVER.into()], Route::OnLink { interface });
    // To the real server the VIP is a neighbour like any other, and the director none.
    let routes = check(&server).0.network.routes;
    assert!(
        matches!(routes[&VIP.into()], Route::OnLink { .. }),
        "{routes:?}"
    );

    let bare = Namespace::create().expect("there were two");
    let routes = check(&bare).0.network.routes;
    assert_eq!(routes[&SERVER.into()], Route::Unreachable);
    let names: Vec<_> = check(&bare).1.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["vip-not-local", "server-unreachable"]);
}
