//! What every plan does, on the model of the kernel's table.

use std::time::Duration;

use director_setup::configuration::{Configuration, ConfiguredService};
use director_setup::plan::{Drain, Options, Plan, Removal, Unnamed, plan};
use director_setup::{Change, RealServer, ServiceKey, Timeouts, UnknownAttributes, Weight};
use proptest::prelude::*;

use super::arbitrary::{configurations, similar};
use super::model::Table;

fn options() -> impl Strategy<Value = Options> {
    let unnamed = prop_oneof![Just(Unnamed::Keep), Just(Unnamed::Delete)];
    let drain = Drain::within(Duration::ZERO);
    let removal = prop_oneof![Just(Removal::AtOnce), Just(Removal::Drained(drain))];
    (unnamed, removal).prop_map(|(unnamed, removal)| Options { unnamed, removal })
}

/// The services as far as a plan promises them: whatever the order, and without the attributes
/// that an object keeps.
fn settled(services: &[ConfiguredService]) -> Vec<ConfiguredService> {
    let mut services = services.to_vec();
    for ConfiguredService { service, servers } in &mut services {
        service.unknown = UnknownAttributes::NONE;
        for server in &mut *servers {
            server.unknown = UnknownAttributes::NONE;
        }
        servers.sort_by_key(|server| server.address);
    }
    services.sort_by_key(|one| one.service.key);
    services
}

/// `wanted`, and what `actual` has beyond it.
fn together(actual: &Configuration, wanted: &Configuration) -> Vec<ConfiguredService> {
    let mut services = wanted.services.clone();
    for found in &actual.services {
        let same = services
            .iter_mut()
            .find(|one| one.service.key == found.service.key);
        let Some(same) = same else {
            services.push(found.clone());
            continue;
        };
        for server in &found.servers {
            if !same.servers.iter().any(|one| one.address == server.address) {
                same.servers.push(server.clone());
            }
        }
    }
    services
}

fn timeouts(actual: &Configuration, wanted: &Configuration) -> Timeouts {
    let actual = actual.timeouts.expect("a table has timeouts");
    let wanted = wanted.timeouts.unwrap_or(actual);
    let either = |wanted, actual| if wanted == 0 { actual } else { wanted };
    Timeouts {
        tcp: either(wanted.tcp, actual.tcp),
        tcp_fin: either(wanted.tcp_fin, actual.tcp_fin),
        udp: either(wanted.udp, actual.udp),
    }
}

fn start(actual: &Configuration, wanted: &Configuration, options: &Options) -> (Table, Plan) {
    let table = Table::filled(actual);
    let plan = plan(&table.configuration(), wanted, options);
    (table, plan)
}

/// What a director has and shall have. Where a real server of the other family may stay, there are
/// no daemons: the kernel would refuse them, which no plan can help.
fn cases() -> impl Strategy<Value = (Configuration, Configuration, Options)> {
    let cases = (similar(), similar(), options());
    cases.prop_map(|(mut actual, mut wanted, options)| {
        if options.unnamed == Unnamed::Keep || wanted.daemons.is_none() {
            actual.daemons = None;
            wanted.daemons = wanted.daemons.map(|_| Vec::new());
        }
        (actual, wanted, options)
    })
}

fn has(servers: &[RealServer], condition: impl Fn(&RealServer) -> bool) -> bool {
    servers.iter().any(condition)
}

fn on_both_sides(
    actual: &Configuration,
    wanted: &Configuration,
    condition: impl Fn(&RealServer) -> bool + Copy,
) -> Vec<ServiceKey> {
    let with = |one: &Configuration| -> Vec<ServiceKey> {
        let services = one.services.iter();
        services
            .filter(|one| has(&one.servers, condition))
            .map(|one| one.service.key)
            .collect()
    };
    let wanted = with(wanted);
    let mut both = with(actual);
    both.retain(|key| wanted.contains(key));
    both
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_plan_leads_to_what_is_wanted_and_the_next_one_is_empty(
        (actual, wanted, options) in cases()
    ) {
        let (mut table, way) = start(&actual, &wanted, &options);
        let before = table.configuration();
        way.carry_out(&mut table, &mut ()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let after = table.configuration();
        let expected = match options.unnamed {
            Unnamed::Keep => together(&before, &wanted),
            Unnamed::Delete => wanted.services.clone(),
        };
        prop_assert_eq!(settled(&after.services), settled(&expected));
        prop_assert_eq!(after.timeouts, Some(timeouts(&before, &wanted)));
        if wanted.daemons.is_none() {
            prop_assert_eq!(&after.daemons, &before.daemons);
        }
        let next = plan(&after, &wanted, &options);
        prop_assert!(next.is_empty(), "{}", next);
    }

    #[test]
    fn an_empty_director_gets_everything_in_the_order_of_the_file(wanted in configurations()) {
        let (mut table, way) = start(&Configuration::default(), &wanted, &Options::default());
        way.carry_out(&mut table, &mut ()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(table.configuration().services, wanted.services.clone());
        let next = plan(&table.configuration(), &wanted, &Options::default());
        prop_assert!(next.is_empty(), "{}", next);
    }

    #[test]
    fn what_a_director_has_is_what_it_shall_have(actual in configurations(), options in options()) {
        let table = Table::filled(&actual);
        let text = table.configuration().to_toml();
        let exported = Configuration::parse("exported", &text)?.configuration;
        let way = plan(&table.configuration(), &exported, &options);
        prop_assert!(way.is_empty(), "{}", way);
    }

    #[test]
    fn no_service_is_without_a_server_on_the_way(
        (actual, wanted, options) in cases()
    ) {
        let available = |server: &RealServer| server.weight > Weight::ZERO;
        let served = on_both_sides(&actual, &wanted, |_| true);
        let open = on_both_sides(&actual, &wanted, available);
        let (mut table, way) = start(&actual, &wanted, &options);
        for step in way.steps() {
            prop_assert_eq!(table.change(&step.change), Ok(()), "{}", step);
            for key in &served {
                prop_assert!(!table.servers_of(key).is_empty(), "{} after {}", key, step);
            }
            for key in &open {
                prop_assert!(has(table.servers_of(key), available), "{} after {}", key, step);
            }
        }
    }

    #[test]
    fn what_is_drained_has_weight_0_when_it_is_deleted((actual, wanted, _) in cases()) {
        let options = Options {
            unnamed: Unnamed::Delete,
            removal: Removal::Drained(Drain::within(Duration::ZERO)),
        };
        let (mut table, way) = start(&actual, &wanted, &options);
        for step in way.steps() {
            let leaving: Vec<RealServer> = match &step.change {
                Change::DeleteService { key } => table.servers_of(key).to_vec(),
                Change::DeleteServer { key, address } => {
                    let mut servers = table.servers_of(key).to_vec();
                    servers.retain(|server| server.address == *address);
                    servers
                }
                _ => Vec::new(),
            };
            prop_assert!(leaving.iter().all(|server| server.weight == Weight::ZERO), "{}", step);
            prop_assert_eq!(table.change(&step.change), Ok(()), "{}", step);
        }
    }

    #[test]
    fn a_plan_that_was_interrupted_anywhere_is_resumed_by_the_next(
        (actual, wanted, options) in cases(), place: prop::sample::Index
    ) {
        let (mut table, way) = start(&actual, &wanted, &options);
        prop_assume!(!way.is_empty());
        for step in &way.steps()[..place.index(way.steps().len())] {
            prop_assert_eq!(table.change(&step.change), Ok(()), "{}", step);
        }
        let rest = plan(&table.configuration(), &wanted, &options);
        rest.carry_out(&mut table, &mut ()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(plan(&table.configuration(), &wanted, &options).is_empty());
    }
}
