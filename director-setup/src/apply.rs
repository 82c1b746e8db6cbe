//! From what a director has to what it shall have.

use std::fmt;

use crate::configuration::{Configuration, DesiredServer, DesiredService};
use crate::{Client, Error, RealServer, Service, ServiceKey};

/// A service and its real servers as the kernel has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActualService {
    pub(crate) service: Service,
    pub(crate) servers: Vec<RealServer>,
}

/// One step towards the desired state; there is none that deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    AddService(Service),
    EditService(Service),
    AddServer(ServiceKey, RealServer),
    EditServer(ServiceKey, RealServer),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddService(service) => {
                write!(f, "add service {}: {}", service.key, service.scheduler)
            }
            Self::EditService(service) => {
                write!(f, "edit service {}: {}", service.key, service.scheduler)
            }
            Self::AddServer(key, server) => write!(
                f,
                "add real server {} to {key}: {} weight {}",
                server.address, server.forwarding, server.weight
            ),
            Self::EditServer(key, server) => write!(
                f,
                "edit real server {} of {key}: {} weight {}",
                server.address, server.forwarding, server.weight
            ),
        }
    }
}

impl Change {
    pub(crate) fn carry_out(&self, client: &mut Client) -> Result<(), Error> {
        match self {
            Self::AddService(service) => client.add_service(service),
            Self::EditService(service) => client.edit_service(service),
            Self::AddServer(key, server) => client.add_server(key, server),
            Self::EditServer(key, server) => client.edit_server(key, server),
        }
    }
}

/// Everything that the kernel has.
pub(crate) fn actual(client: &mut Client) -> Result<Vec<ActualService>, Error> {
    let services = client.services()?.into_iter();
    services
        .map(|entry| {
            let servers = client.servers(&entry.service.key)?.into_iter();
            Ok(ActualService {
                service: entry.service,
                servers: servers.map(|entry| entry.server).collect(),
            })
        })
        .collect()
}

/// The steps from `actual` to `desired`, in the order of the file. What a file cannot say, such as
/// persistence or thresholds, stays as it is, and so do services that the file does not name.
pub(crate) fn changes(desired: &Configuration, actual: &[ActualService]) -> Vec<Change> {
    let services = desired.services.iter();
    services
        .flat_map(|service| changes_of_service(service, actual))
        .collect()
}

fn changes_of_service(desired: &DesiredService, actual: &[ActualService]) -> Vec<Change> {
    let found = actual.iter().find(|one| one.service.key == desired.key);
    let servers = found.map_or(&[][..], |found| &found.servers);
    service_change(desired, found)
        .into_iter()
        .chain(
            desired
                .servers
                .iter()
                .filter_map(|server| server_change(desired.key, server, servers)),
        )
        .collect()
}

fn service_change(desired: &DesiredService, found: Option<&ActualService>) -> Option<Change> {
    let scheduler = desired.scheduler.clone();
    let Some(found) = found else {
        return Some(Change::AddService(Service::new(desired.key, scheduler)));
    };
    let wanted = Service {
        scheduler,
        ..found.service.clone()
    };
    (wanted != found.service).then_some(Change::EditService(wanted))
}

fn server_change(
    key: ServiceKey,
    desired: &DesiredServer,
    actual: &[RealServer],
) -> Option<Change> {
    let Some(found) = actual.iter().find(|one| one.address == desired.address) else {
        let server = RealServer::new(desired.address, desired.forwarding);
        return Some(Change::AddServer(key, server.with_weight(desired.weight)));
    };
    let wanted = RealServer {
        forwarding: desired.forwarding,
        weight: desired.weight,
        ..found.clone()
    };
    (wanted != *found).then_some(Change::EditServer(key, wanted))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Forwarding, Scheduler, Thresholds, Weight};

    fn desired() -> Configuration {
        let text = r#"
            [[service]]
            protocol = "tcp"
            address = "192.168.0.1:80"
            scheduler = "wlc"
            server = [
              { address = "192.168.1.2:80", forwarding = "nat", weight = 4 },
              { address = "192.168.1.3:80", forwarding = "nat" },
            ]
        "#;
        Configuration::parse(Path::new("web.toml"), text).expect("the text above is right")
    }

    fn web() -> ServiceKey {
        ServiceKey::tcp(([192, 168, 0, 1], 80).into())
    }

    fn server(last: u8, weight: u16) -> RealServer {
        RealServer::new(([192, 168, 1, last], 80).into(), Forwarding::Nat)
            .with_weight(Weight::from(weight))
    }

    fn shown(changes: &[Change]) -> String {
        let lines: Vec<String> = changes.iter().map(Change::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn an_empty_director_gets_everything_in_the_order_of_the_file() {
        insta::assert_snapshot!(shown(&changes(&desired(), &[])), @r#"
        add service tcp 192.168.0.1:80: wlc
        add real server 192.168.1.2:80 to tcp 192.168.0.1:80: nat weight 4
        add real server 192.168.1.3:80 to tcp 192.168.0.1:80: nat weight 1
        "#);
    }

    #[test]
    fn what_differs_is_edited_and_what_a_file_cannot_say_stays() {
        let thresholds = Thresholds { upper: 9, lower: 3 };
        let kept = server(2, 1).with_thresholds(thresholds);
        let service = Service::new(web(), Scheduler::RoundRobin).persistent(300);
        let actual = ActualService {
            service: service.clone(),
            servers: vec![server(9, 1), server(3, 1), kept.clone()],
        };
        let scheduler = Scheduler::WeightedLeastConnection;
        assert_eq!(
            changes(&desired(), &[actual]),
            [
                Change::EditService(Service {
                    scheduler,
                    ..service
                }),
                Change::EditServer(web(), kept.with_weight(Weight::from(4))),
            ]
        );
    }

    #[test]
    fn a_director_that_has_it_all_is_left_alone() {
        let actual = ActualService {
            service: Service::new(web(), Scheduler::WeightedLeastConnection),
            servers: vec![server(3, 1), server(2, 4)],
        };
        assert_eq!(changes(&desired(), &[actual]), []);
    }
}
