//! From what a director has to what a file says, and back.

mod carrying_out;

use std::net::{Ipv4Addr, SocketAddr};

use director_setup::configuration::{self, Configuration, ConfiguredService};
use director_setup::plan::{Observer, Options, Plan, Removal, Unnamed, plan};
use director_setup::{
    AddressFamily, Client, Forwarding, Netmask, Persistence, Protocol, RealServer, Scheduler,
    Service, ServiceFlags, ServiceKey, SyncDaemon, SyncRole, Thresholds, Timeouts, Tunnel,
    TunnelChecksum, Weight,
};
use netns_lab::namespace::HostNetwork;

use super::{Case, LINK, keys, named_cases, on_director, on_linked_director, server, web};

/// Everything that is not named goes, at once.
const PRUNE: Options = Options {
    unnamed: Unnamed::Delete,
    removal: Removal::AtOnce,
};

pub fn cases() -> Vec<(&'static str, Case)> {
    let mut cases = named_cases!["driver":
        a_fresh_namespace_reads_as_nothing_but_timeouts,
        a_table_of_every_kind_is_made_and_needs_no_second_plan,
        a_table_of_every_kind_is_the_same_after_a_file,
        a_file_makes_another_namespace_the_same,
        thresholds_and_tunnels_survive_a_change_of_weight,
        what_differs_is_edited_and_keeps_its_place,
        what_a_file_does_not_name_is_not_touched,
        pruning_leaves_nothing_but_what_is_named,
        an_empty_file_prunes_everything_but_timeouts_and_daemons,
    ];
    cases.extend(carrying_out::cases());
    cases
}

fn read(ipvs: &mut Client) -> Configuration {
    configuration::read(ipvs).unwrap()
}

fn plan_for(ipvs: &mut Client, wanted: &Configuration, options: &Options) -> Plan {
    plan(&read(ipvs), wanted, options)
}

/// Plans and carries out, and sees that nothing is left to do.
fn make(ipvs: &mut Client, wanted: &Configuration, options: &Options) -> Plan {
    make_observed(ipvs, wanted, options, &mut ())
}

fn make_observed(
    ipvs: &mut Client,
    wanted: &Configuration,
    options: &Options,
    observer: &mut impl Observer,
) -> Plan {
    let plan = plan_for(ipvs, wanted, options);
    plan.carry_out(ipvs, observer).unwrap();
    let second = plan_for(ipvs, wanted, options);
    assert!(second.is_empty(), "there is more to do:\n{second}");
    plan
}

/// What a file with this text says.
fn parse(text: &str) -> Configuration {
    Configuration::parse("test.toml", text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .configuration
}

/// The configuration after it has been a file.
fn through_a_file(configuration: &Configuration) -> Configuration {
    parse(&configuration.to_toml())
}

fn only(services: Vec<ConfiguredService>) -> Configuration {
    Configuration {
        services,
        ..Configuration::default()
    }
}

fn with_servers(service: Service, servers: Vec<RealServer>) -> ConfiguredService {
    ConfiguredService { service, servers }
}

fn nat(number: u16) -> RealServer {
    server(AddressFamily::Ipv4, number, Forwarding::Nat)
}

/// The service of the tutorial with these real servers.
fn web_with(servers: Vec<RealServer>) -> ConfiguredService {
    with_servers(web(), servers)
}

/// Another service.
fn dns() -> Service {
    let key = ServiceKey::udp(([192, 168, 0, 1], 53).into());
    Service::new(key, Scheduler::RoundRobin)
}

/// Real servers of every forwarding method with every setting.
fn varied(family: AddressFamily, port: u16) -> Vec<RealServer> {
    let numbered = |number, forwarding| {
        let mut server = server(family, number, forwarding);
        server.address.set_port(port);
        server
    };
    let tunnelled = |number, tunnel| numbered(number, Forwarding::Tun).with_tunnel(tunnel);
    let checksum = TunnelChecksum::Remote;
    vec![
        // Not in the order of their addresses.
        numbered(9, Forwarding::Nat).with_weight(Weight::MAX),
        numbered(2, Forwarding::Dr).with_weight(Weight::ZERO),
        numbered(3, Forwarding::Nat).with_thresholds(Thresholds { upper: 9, lower: 0 }),
        numbered(4, Forwarding::Dr).with_thresholds(Thresholds { upper: 9, lower: 3 }),
        numbered(5, Forwarding::Tun),
        tunnelled(
            6,
            Tunnel::Gue {
                port: 6080,
                checksum,
            },
        ),
        tunnelled(
            1,
            Tunnel::Gre {
                checksum: TunnelChecksum::Full,
            },
        ),
    ]
}

/// A table with services of every kind, in the order in which it is read.
fn table() -> Configuration {
    let mut services: Vec<_> = keys()
        .into_iter()
        .zip(Scheduler::KNOWN)
        .map(|(key, scheduler)| {
            let port = match key {
                ServiceKey::Address { address, .. } => address.port(),
                ServiceKey::FirewallMark { .. } => 80,
            };
            let netmask = match key.family() {
                AddressFamily::Ipv4 => Netmask::Ipv4(Ipv4Addr::new(255, 255, 240, 0)),
                AddressFamily::Ipv6 => Netmask::Ipv6(48),
            };
            let mut service = Service::new(key, scheduler);
            service.persistence = Some(Persistence {
                timeout_seconds: 360,
                netmask,
            });
            with_servers(service, varied(key.family(), port))
        })
        .collect();
    let at = |port| SocketAddr::from(([192, 168, 0, 2], port));
    let hashed = Service::new(ServiceKey::tcp(at(443)), Scheduler::MaglevHashing)
        .with_flags(ServiceFlags::MH_FALLBACK | ServiceFlags::MH_PORT);
    let source = Service::new(ServiceKey::tcp(at(81)), Scheduler::SourceHashing)
        .with_flags(ServiceFlags::SH_PORT);
    let datagrams = Service::new(ServiceKey::udp(at(53)), Scheduler::from("none"))
        .with_flags(ServiceFlags::ONE_PACKET | ServiceFlags::SCHEDULER_3);
    let every_port = Service::new(ServiceKey::tcp(at(0)), Scheduler::RoundRobin).persistent(1);
    let sctp = ServiceKey::Address {
        protocol: Protocol::Sctp,
        address: at(9),
    };
    let sctp = Service::new(sctp, Scheduler::WeightedRoundRobin);
    let other_family = server(AddressFamily::Ipv6, 1, Forwarding::Tun);
    services.extend([
        with_servers(hashed, vec![]),
        with_servers(source, vec![other_family, nat(1)]),
        with_servers(datagrams, vec![]),
        with_servers(every_port, vec![]),
        with_servers(sctp, vec![nat(2), nat(1)]),
    ]);
    services.sort_by_key(|one| one.service.key);
    Configuration {
        timeouts: Some(Timeouts {
            tcp: 1000,
            tcp_fin: 100,
            udp: 10,
        }),
        daemons: Some(vec![]),
        services,
    }
}

fn daemon(role: SyncRole, sync_id: u32) -> SyncDaemon {
    SyncDaemon {
        sync_id,
        ..SyncDaemon::new(role, LINK)
    }
}

fn a_fresh_namespace_reads_as_nothing_but_timeouts(host: HostNetwork) {
    on_director(host, |ipvs| {
        let found = read(ipvs);
        assert!(found.timeouts.is_some());
        assert_eq!(found.daemons, Some(vec![]));
        assert_eq!(found.services, []);
        assert_eq!(through_a_file(&found), found);
    });
}

fn a_table_of_every_kind_is_made_and_needs_no_second_plan(host: HostNetwork) {
    on_director(host, |ipvs| {
        make(ipvs, &table(), &PRUNE);
        assert_eq!(read(ipvs), table());
    });
}

fn a_table_of_every_kind_is_the_same_after_a_file(host: HostNetwork) {
    on_director(host, |ipvs| {
        make(ipvs, &table(), &PRUNE);
        let found = read(ipvs);
        assert_eq!(through_a_file(&found), found);
        assert_eq!(found.to_toml(), through_a_file(&found).to_toml());
    });
}

fn a_file_makes_another_namespace_the_same(host: HostNetwork) {
    let text = on_director(host, |ipvs| {
        make(ipvs, &table(), &PRUNE);
        read(ipvs).to_toml()
    });
    on_director(host, |ipvs| {
        make(ipvs, &parse(&text), &Options::default());
        assert_eq!(read(ipvs).to_toml(), text);
        assert_eq!(read(ipvs), table());
    });
}

fn thresholds_and_tunnels_survive_a_change_of_weight(host: HostNetwork) {
    let before = varied(AddressFamily::Ipv4, 80);
    let after: Vec<_> = before
        .iter()
        .map(|server| server.clone().with_weight(77.into()))
        .collect();
    on_director(host, |ipvs| {
        make(ipvs, &only(vec![web_with(before)]), &PRUNE);
        let steps = make(ipvs, &only(vec![web_with(after.clone())]), &PRUNE);
        assert_eq!(steps.steps().len(), after.len(), "{steps}");
        assert_eq!(read(ipvs).services, [web_with(after)]);
    });
}

fn what_differs_is_edited_and_keeps_its_place(host: HostNetwork) {
    let mut edited = nat(2).with_weight(5.into());
    edited.forwarding = Forwarding::Dr;
    let persistent = web().persistent(60);
    let wanted = [with_servers(
        persistent,
        vec![nat(1), edited.clone(), nat(3), nat(4)],
    )];
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        ipvs.add_servers(&web().key, &[nat(1), nat(2), nat(3)])
            .unwrap();
        let steps = make(ipvs, &only(wanted.to_vec()), &PRUNE);
        let said = [
            "edit service tcp 192.168.0.1:80: ",
            "add real server 10.1.0.4:80 to tcp 192.168.0.1:80: ",
            "edit real server 10.1.0.2:80 of tcp 192.168.0.1:80: ",
        ];
        assert_said(&steps, &said);
        assert_eq!(read(ipvs).services, wanted);
    });
}

/// A plan has these steps: their texts begin so.
fn assert_said(plan: &Plan, said: &[&str]) {
    let steps = plan.steps();
    assert_eq!(steps.len(), said.len(), "{plan}");
    for (step, said) in steps.iter().zip(said) {
        assert!(step.text.starts_with(said), "{said:?} is not in: {step}");
    }
}

fn what_a_file_does_not_name_is_not_touched(host: HostNetwork) {
    let before = Configuration {
        daemons: Some(vec![]),
        ..table()
    };
    let named = r#"
        [timeouts]
        udp = 11
        [[service]]
        protocol = "udp"
        address = "192.168.0.1:53"
        scheduler = "rr"
        [[service]]
        protocol = "tcp"
        address = "192.168.0.2:81"
        scheduler = "sh"
        flags = ["sh-port"]
        server = [{ address = "10.1.0.7:80", forwarding = "nat" }]
    "#;
    let mut after = before.clone();
    let timeouts = before.timeouts.unwrap();
    after.timeouts = Some(Timeouts {
        udp: 11,
        ..timeouts
    });
    let sources = ServiceKey::tcp(([192, 168, 0, 2], 81).into());
    let by_key = |one: &&mut ConfiguredService| one.service.key == sources;
    let sources = after.services.iter_mut().find(by_key).unwrap();
    sources.servers.push(nat(7));
    after.services.push(with_servers(dns(), vec![]));
    after.services.sort_by_key(|one| one.service.key);
    on_director(host, |ipvs| {
        make(ipvs, &before, &PRUNE);
        let steps = make(ipvs, &parse(named), &Options::default());
        assert_eq!(steps.steps().len(), 3, "{steps}");
        assert_eq!(read(ipvs), after);
    });
}

fn pruning_leaves_nothing_but_what_is_named(host: HostNetwork) {
    let wanted = only(vec![web_with(vec![nat(2), nat(7)])]);
    on_director(host, |ipvs| {
        make(ipvs, &table(), &PRUNE);
        ipvs.add_service(&dns()).unwrap();
        make(ipvs, &wanted, &PRUNE);
        let found = read(ipvs);
        assert_eq!(found.timeouts, table().timeouts);
        assert_eq!(found.services.len(), 1, "{found:?}");
        assert_eq!(found.services[0].service, web());
        let mut servers = found.services[0].servers.clone();
        servers.sort_by_key(|one| one.address);
        assert_eq!(servers, [nat(2), nat(7)]);
    });
}

fn an_empty_file_prunes_everything_but_timeouts_and_daemons(host: HostNetwork) {
    let tolerant = Configuration {
        services: vec![web_with(vec![nat(1)])],
        daemons: Some(vec![daemon(SyncRole::Master, 3)]),
        ..table()
    };
    on_linked_director(host, |ipvs| {
        make(ipvs, &tolerant, &PRUNE);
        let before = read(ipvs);
        make(ipvs, &parse("service = []"), &PRUNE);
        let after = read(ipvs);
        assert_eq!(after.services, []);
        assert_eq!(after.timeouts, tolerant.timeouts);
        assert_eq!(after.daemons, before.daemons);
    });
}
