//! Plans that wait, and plans that are refused.

use std::time::Duration;

use director_setup::configuration::{Configuration, ConfiguredService};
use director_setup::plan::{Drain, Draining, Observer, Options, Removal, Step, Unnamed, plan};
use director_setup::{Forwarding, RealServer, Scheduler, Service, ServiceKey, Weight};

use super::model::Table;

pub fn web(servers: &[(u8, u16)]) -> Configuration {
    let key = ServiceKey::tcp(([192, 168, 0, 1], 80).into());
    let server = |&(last, weight): &(u8, u16)| {
        RealServer::new(([192, 168, 1, last], 80).into(), Forwarding::Nat)
            .with_weight(Weight::from(weight))
    };
    Configuration {
        services: vec![ConfiguredService {
            service: Service::new(key, Scheduler::WeightedLeastConnection),
            servers: servers.iter().map(server).collect(),
        }],
        ..Configuration::default()
    }
}

/// Notes everything, as lines.
#[derive(Default)]
struct Log(Vec<String>);

impl Observer for Log {
    fn done(&mut self, step: &Step) {
        self.0.push(step.to_string());
    }

    fn draining(&mut self, progress: &Draining) {
        self.0
            .push(format!("{} connections left", progress.connections));
    }

    fn drained(&mut self, progress: &Draining) {
        let Draining { busy, servers, .. } = progress;
        self.0.push(format!("{busy} of {servers} are busy"));
    }
}

fn drained(deadline: Duration) -> Options {
    let interval = Duration::from_millis(1);
    Options {
        unnamed: Unnamed::Delete,
        removal: Removal::Drained(Drain { deadline, interval }),
    }
}

fn log(looks: u32, deadline: Duration) -> String {
    let mut table = Table::filled(&web(&[(2, 1), (3, 4), (4, 0)]));
    table.looks = looks;
    let plan = plan(
        &table.configuration(),
        &web(&[(5, 1), (2, 3)]),
        &drained(deadline),
    );
    let mut log = Log::default();
    plan.carry_out(&mut table, &mut log)
        .expect("nothing is refused");
    log.0.join("\n")
}

#[test]
fn servers_are_deleted_when_their_connections_are_gone() {
    insta::assert_snapshot!(log(2, Duration::from_secs(60)), @r"
    add real server 192.168.1.5:80 to tcp 192.168.0.1:80: forwarding nat, weight 1
    edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: weight 1 -> 3
    edit real server 192.168.1.3:80 of tcp 192.168.0.1:80: weight 4 -> 0 (to drain it)
    4 connections left
    2 connections left
    0 of 2 are busy
    delete real server 192.168.1.3:80 from tcp 192.168.0.1:80
    delete real server 192.168.1.4:80 from tcp 192.168.0.1:80
    ");
}

#[test]
fn servers_are_deleted_when_the_deadline_has_passed() {
    insta::assert_snapshot!(log(u32::MAX, Duration::ZERO), @r"
    add real server 192.168.1.5:80 to tcp 192.168.0.1:80: forwarding nat, weight 1
    edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: weight 1 -> 3
    edit real server 192.168.1.3:80 of tcp 192.168.0.1:80: weight 4 -> 0 (to drain it)
    2 of 2 are busy
    delete real server 192.168.1.3:80 from tcp 192.168.0.1:80
    delete real server 192.168.1.4:80 from tcp 192.168.0.1:80
    ");
}

#[test]
fn what_is_not_drained_is_not_waited_for() {
    let mut table = Table::filled(&web(&[(2, 1)]));
    table.looks = u32::MAX;
    let wanted = web(&[(2, 4), (3, 1)]);
    let plan = plan(&table.configuration(), &wanted, &drained(Duration::MAX));
    plan.carry_out(&mut table, &mut ())
        .expect("nothing is refused");
    assert_eq!(table.configuration().services, wanted.services);
}

#[test]
fn a_refusal_says_what_was_done_and_what_was_not() {
    let mut table = Table::default();
    table.refuse = Some(2);
    let wanted = web(&[(2, 1), (3, 4), (4, 0)]);
    let plan = plan(&table.configuration(), &wanted, &Options::default());
    let stopped = plan
        .carry_out(&mut table, &mut ())
        .expect_err("one is refused");
    assert_eq!((stopped.done.len(), stopped.left.len()), (2, 2));
    insta::assert_snapshot!(stopped, @r"
    cannot add real server 192.168.1.3:80 to tcp 192.168.0.1:80: Out of memory (ENOMEM)
    done, and kept:
      add service tcp 192.168.0.1:80: scheduler wlc
      add real server 192.168.1.2:80 to tcp 192.168.0.1:80: forwarding nat, weight 1
    not done:
      add real server 192.168.1.3:80 to tcp 192.168.0.1:80: forwarding nat, weight 4
      add real server 192.168.1.4:80 to tcp 192.168.0.1:80: forwarding nat, weight 0
    service tcp 192.168.0.1:80 is new and does not have all of its real servers yet
    Once the cause is gone, the same command goes on from here.
    ");
}

#[test]
fn a_refusal_of_the_first_step_says_that_nothing_was_changed() {
    let mut table = Table::filled(&web(&[(2, 1)]));
    table.refuse = Some(0);
    let plan = plan(&table.configuration(), &web(&[(2, 4)]), &Options::default());
    let stopped = plan
        .carry_out(&mut table, &mut ())
        .expect_err("it is refused");
    insta::assert_snapshot!(stopped, @r"
    cannot edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: Out of memory (ENOMEM)
    nothing was changed
    not done:
      edit real server 192.168.1.2:80 of tcp 192.168.0.1:80: weight 1 -> 4
    Once the cause is gone, the same command goes on from here.
    ");
}
