//! What persistence does to shares and to quiesced servers.

use super::super::snapshot::ConfiguredService;
use super::super::{Finding, Object, Severity, Snapshot, settings};
use crate::{Netmask, Weight};

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let services = snapshot.services.iter();
    services
        .flat_map(|service| [clients_stay(service), quiesced_template(snapshot, service)])
        .flatten()
        .collect()
}

fn object(service: &ConfiguredService) -> Object {
    let service = service.service.key;
    Object::Service { service }
}

fn clients_stay(service: &ConfiguredService) -> Option<Finding> {
    let persistence = service.service.persistence.as_ref()?;
    if service.working_weights().len() < 2 {
        return None;
    }
    let who = match persistence.netmask {
        mask if mask == Netmask::single_client(service.service.key.family()) => "client".to_owned(),
        Netmask::Ipv4(mask) => format!("network of clients (mask {mask})"),
        Netmask::Ipv6(prefix) => format!("network of clients (/{prefix})"),
    };
    let explanation = format!(
        "A {who} stays with its real server until {} s after its last connection: the weights \
         divide clients, not connections.",
        persistence.timeout_seconds
    );
    let name = "persistence-binds-clients";
    Some(Finding::new(
        name,
        Severity::Note,
        object(service),
        explanation,
    ))
}

fn quiesced_template(snapshot: &Snapshot, service: &ConfiguredService) -> Option<Finding> {
    service.service.persistence.as_ref()?;
    let quiesced = service
        .servers
        .iter()
        .find(|one| one.weight == Weight::ZERO)?;
    if snapshot.ipvs_number("expire_quiescent_template", 0) != 0 {
        return None;
    }
    let explanation = format!(
        "{} has weight 0, but clients that it served before still get there: their persistence \
         templates are kept while expire_quiescent_template is 0.",
        quiesced.address
    );
    let name = "quiesced-server-keeps-clients";
    let finding = Finding::new(name, Severity::Warning, object(service), explanation);
    let setting = settings::sysctl("expire_quiescent_template")?;
    Some(finding.mended_by(setting.command("1")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_is, only, server, service, snapshot};
    use super::*;
    use crate::{Forwarding, Scheduler};

    fn persistent(weights: &[u32]) -> Snapshot {
        let servers = (2..).zip(weights);
        let servers = servers.map(|(last, weight)| server(last, Forwarding::Nat, *weight));
        let mut web = service(Scheduler::RoundRobin, servers.collect());
        web.service = web.service.persistent(300);
        snapshot(vec![web])
    }

    #[test]
    fn persistence_is_noted_where_there_is_a_choice() {
        let finding = only(find(&persistent(&[1, 1])));
        assert_is(&finding, "persistence-binds-clients", Severity::Note);
        assert!(
            finding.explanation.starts_with("A client stays"),
            "{finding}"
        );
        assert_eq!(find(&persistent(&[1])), []);
    }

    #[test]
    fn a_mask_makes_networks_stay() {
        let mut director = persistent(&[1, 1]);
        let persistence = director.services[0].service.persistence.as_mut().unwrap();
        persistence.netmask = Netmask::Ipv4([255, 255, 255, 0].into());
        let finding = only(find(&director));
        assert!(
            finding.explanation.contains("(mask 255.255.255.0)"),
            "{finding}"
        );
    }

    #[test]
    fn a_quiesced_server_keeps_its_clients_unless_templates_expire() {
        let mut director = persistent(&[1, 0]);
        let finding = only(find(&director));
        assert_is(&finding, "quiesced-server-keeps-clients", Severity::Warning);
        let command = "sysctl -w net.ipv4.vs.expire_quiescent_template=1";
        assert_eq!(finding.remedy.as_deref(), Some(command));
        let setting = settings::sysctl("expire_quiescent_template").unwrap();
        director.settings.insert(setting, "1".to_owned());
        assert_eq!(find(&director), []);
    }
}
