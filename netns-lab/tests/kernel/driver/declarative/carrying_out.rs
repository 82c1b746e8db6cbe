//! Draining, sync daemons, and what is left when the kernel refuses a step.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use director_setup::configuration::Configuration;
use director_setup::plan::{Drain, Draining, Observer, Options, Removal, Step, Stopped, Unnamed};
use director_setup::{Client, Errno, Scheduler, Service, SyncDaemon, SyncRole, Timeouts};
use netns_lab::namespace::HostNetwork;

use super::super::{
    Case, Local, in_director, named_cases, on_director, on_linked_director, servers, web,
};
use super::{
    PRUNE, assert_said, daemon, dns, make, make_observed, nat, only, parse, plan_for, read,
    through_a_file, web_with, with_servers,
};

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        a_server_without_connections_is_drained_at_once,
        a_server_with_a_connection_is_drained_when_it_is_over,
        a_connection_that_stays_is_waited_for_until_the_deadline,
        a_pruned_service_is_drained_before_it_goes,
        sync_daemons_are_made_restarted_and_the_same_after_a_file,
        sync_daemons_that_are_not_named_are_stopped_only_by_pruning,
        a_refusal_midway_stops_and_says_what_was_done,
        a_refusal_amid_the_servers_of_a_new_service_says_that_it_is_incomplete,
        a_plan_goes_on_where_a_refusal_has_stopped_the_one_before,
    ]
}

/// Notes what a plan is waiting for.
#[derive(Default)]
struct Watched {
    done: Vec<String>,
    waited: Vec<(usize, u64)>,
    end: Vec<(usize, u64)>,
}

impl Observer for Watched {
    fn done(&mut self, step: &Step) {
        self.done.push(step.text.clone());
    }

    fn draining(&mut self, progress: &Draining) {
        self.waited.push((progress.busy, progress.connections));
    }

    fn drained(&mut self, progress: &Draining) {
        self.end.push((progress.busy, progress.connections));
    }
}

fn drained_within(deadline: Duration) -> Options {
    Options {
        unnamed: Unnamed::Delete,
        removal: Removal::Drained(Drain::within(deadline)),
    }
}

fn a_server_without_connections_is_drained_at_once(host: HostNetwork) {
    on_director(host, |ipvs| {
        let before = only(vec![web_with(vec![nat(1), nat(2), nat(3)])]);
        make(ipvs, &before, &PRUNE);
        let mut watched = Watched::default();
        let start = Instant::now();
        let patient = drained_within(Duration::from_secs(100));
        let wanted = only(vec![web_with(vec![nat(2)])]);
        let plan = make_observed(ipvs, &wanted, &patient, &mut watched);
        assert!(start.elapsed() < Duration::from_secs(50));
        let said = [
            "edit real server 10.1.0.1:80 of tcp 192.168.0.1:80: weight 1 -> 0",
            "edit real server 10.1.0.3:80 of tcp 192.168.0.1:80: weight 1 -> 0",
            "delete real server 10.1.0.1:80 from tcp 192.168.0.1:80",
            "delete real server 10.1.0.3:80 from tcp 192.168.0.1:80",
        ];
        assert_said(&plan, &said);
        assert_eq!(watched.done.len(), said.len());
        assert_eq!(watched.waited, []);
        assert_eq!(watched.end, [(0, 0)]);
        assert_eq!(servers(ipvs, &web().key), [nat(2)]);
    });
}

fn a_server_with_a_connection_is_drained_when_it_is_over(host: HostNetwork) {
    in_director(host, vec![], |ipvs, director| {
        let soon_over = Timeouts {
            tcp: 0,
            tcp_fin: 0,
            udp: 2,
        };
        ipvs.set_timeouts(soon_over).unwrap();
        let local = Local::add(host, ipvs, director, 5000);
        local.send(1);
        let mut watched = Watched::default();
        let patient = drained_within(Duration::from_secs(60));
        let wanted = only(vec![with_servers(local.service.clone(), vec![])]);
        make_observed(ipvs, &wanted, &patient, &mut watched);
        assert_eq!(watched.waited.first(), Some(&(1, 1)));
        assert_eq!(watched.end, [(0, 0)]);
        assert_eq!(servers(ipvs, &local.service.key), []);
    });
}

fn a_connection_that_stays_is_waited_for_until_the_deadline(host: HostNetwork) {
    in_director(host, vec![], |ipvs, director| {
        let local = Local::add(host, ipvs, director, 5000);
        local.send(1);
        let mut watched = Watched::default();
        let start = Instant::now();
        let hasty = drained_within(Duration::from_millis(500));
        let wanted = only(vec![with_servers(local.service.clone(), vec![])]);
        make_observed(ipvs, &wanted, &hasty, &mut watched);
        assert!(start.elapsed() >= Duration::from_millis(500));
        assert_eq!(watched.end, [(1, 1)]);
        assert_eq!(servers(ipvs, &local.service.key), []);
    });
}

fn a_pruned_service_is_drained_before_it_goes(host: HostNetwork) {
    in_director(host, vec![], |ipvs, director| {
        let local = Local::add(host, ipvs, director, 5000);
        local.send(1);
        let mut watched = Watched::default();
        let hasty = drained_within(Duration::from_millis(300));
        let plan = make_observed(ipvs, &only(vec![]), &hasty, &mut watched);
        let address = local.server.address;
        let said = [
            format!("edit real server {address} of udp 127.0.0.1:5000: weight 1 -> 0"),
            "delete service udp 127.0.0.1:5000".to_owned(),
        ];
        assert_said(&plan, &said.each_ref().map(String::as_str));
        assert_eq!(watched.end, [(1, 1)]);
        assert_eq!(ipvs.services().unwrap(), []);
    });
}

fn daemons(daemons: Vec<SyncDaemon>) -> Configuration {
    Configuration {
        daemons: Some(daemons),
        ..Configuration::default()
    }
}

fn sync_daemons_are_made_restarted_and_the_same_after_a_file(host: HostNetwork) {
    let master = daemon(SyncRole::Master, 1);
    let backup = SyncDaemon {
        max_length: Some(1400),
        group: Some(Ipv4Addr::new(239, 0, 0, 1).into()),
        port: Some(9000),
        ttl: Some(3),
        ..daemon(SyncRole::Backup, 2)
    };
    on_linked_director(host, |ipvs| {
        make(ipvs, &daemons(vec![master, backup.clone()]), &PRUNE);
        let found = read(ipvs);
        let running = found.daemons.clone().unwrap();
        assert_eq!(running.len(), 2);
        assert_eq!(running[1], backup);
        assert_eq!(through_a_file(&found), found);
        assert!(plan_for(ipvs, &found, &PRUNE).is_empty());

        let steps = make(
            ipvs,
            &daemons(vec![daemon(SyncRole::Master, 5)]),
            &Options::default(),
        );
        let said = ["stop the master sync daemon", "start the master sync"];
        assert_said(&steps, &said);
        let running = read(ipvs).daemons.unwrap();
        assert_eq!(running[0].sync_id, 5);
        assert_eq!(running[1], backup);
    });
}

fn sync_daemons_that_are_not_named_are_stopped_only_by_pruning(host: HostNetwork) {
    let master = daemon(SyncRole::Master, 0);
    let backup = daemon(SyncRole::Backup, 0);
    on_linked_director(host, |ipvs| {
        let both = daemons(vec![master.clone(), backup]);
        make(ipvs, &both, &Options::default());
        let only_master = daemons(vec![master]);
        let steps = make(ipvs, &only_master, &Options::default());
        assert!(steps.is_empty(), "{steps}");
        let steps = make(ipvs, &only_master, &PRUNE);
        assert_said(&steps, &["stop the backup sync daemon"]);
        let steps = make(ipvs, &parse("sync_daemon = []"), &PRUNE);
        assert_said(&steps, &["stop the master sync daemon"]);
        assert_eq!(ipvs.daemons().unwrap(), []);
    });
}

/// What a plan says that is refused.
fn stopped(ipvs: &mut Client, wanted: &Configuration) -> Stopped {
    let plan = plan_for(ipvs, wanted, &Options::default());
    let stopped = plan.carry_out(ipvs, &mut ()).unwrap_err();
    let steps: Vec<_> = stopped.done.iter().chain(&stopped.left).cloned().collect();
    assert_eq!(steps, plan.steps(), "every step is done or left");
    stopped
}

fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

/// Two services, the second of which has a scheduler that is not there.
fn with_a_missing_scheduler() -> Configuration {
    let key = dns().key;
    let missing = Service::new(key, Scheduler::from("nosuch"));
    only(vec![
        web_with(vec![nat(1)]),
        with_servers(missing, vec![nat(2)]),
    ])
}

fn a_refusal_midway_stops_and_says_what_was_done(host: HostNetwork) {
    on_director(host, |ipvs| {
        let stopped = stopped(ipvs, &with_a_missing_scheduler());
        assert_eq!(stopped.source.errno(), Some(Errno::ENOENT));
        assert_eq!((stopped.done.len(), stopped.left.len()), (2, 2));
        let text = stopped.to_string();
        let said = [
            "cannot add service udp 192.168.0.1:53: No such file or directory (ENOENT)",
            "done, and kept:\n  add service tcp 192.168.0.1:80",
            "not done:\n  add service udp 192.168.0.1:53",
        ];
        assert_parts(&text, &said);
        assert!(!text.contains("does not have all"), "{text}");
        assert_eq!(read(ipvs).services, [web_with(vec![nat(1)])]);
    });
}

fn a_refusal_amid_the_servers_of_a_new_service_says_that_it_is_incomplete(host: HostNetwork) {
    let mut multicast = nat(2);
    multicast.address.set_ip([224, 0, 0, 1].into());
    let wanted = only(vec![web_with(vec![nat(1), multicast, nat(3)])]);
    on_director(host, |ipvs| {
        let stopped = stopped(ipvs, &wanted);
        assert_eq!(stopped.source.errno(), Some(Errno::EINVAL));
        let said = [
            "cannot add real server 224.0.0.1:80 to tcp 192.168.0.1:80: ",
            "service tcp 192.168.0.1:80 is new and does not have all of its real servers yet",
        ];
        assert_parts(&stopped.to_string(), &said);
        assert_eq!(servers(ipvs, &web().key), [nat(1)]);
    });
}

fn a_plan_goes_on_where_a_refusal_has_stopped_the_one_before(host: HostNetwork) {
    let mut wanted = with_a_missing_scheduler();
    on_director(host, |ipvs| {
        stopped(ipvs, &wanted);
        wanted.services[1].service = dns();
        let steps = make(ipvs, &wanted, &Options::default());
        let said = [
            "add service udp 192.168.0.1:53",
            "add real server 10.1.0.2:80 to udp 192.168.0.1:53",
        ];
        assert_said(&steps, &said);
        let mut services = wanted.services.clone();
        services.sort_by_key(|one| one.service.key);
        assert_eq!(read(ipvs).services, services);
    });
}
