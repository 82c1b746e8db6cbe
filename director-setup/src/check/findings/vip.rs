//! Whether packets to the VIPs are the director's own.

use std::collections::BTreeSet;

use super::super::{Finding, Object, Severity, Snapshot};
use crate::network::address::full_prefix;

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let services = snapshot.services.iter();
    services
        .filter_map(|service| {
            let vip = service.vip()?;
            if snapshot.is_local(vip) || !seen.insert(vip) {
                return None;
            }
            let service = service.service.key;
            let explanation = format!(
                "{vip} is on no interface of the director and no local route names it: packets to \
                 it are forwarded or dropped and never reach IPVS."
            );
            let name = "vip-not-local";
            let finding = Finding::new(
                name,
                Severity::Error,
                Object::Service { service },
                explanation,
            );
            Some(finding.mended_by(format!("ip address add {vip}/{} dev lo", full_prefix(vip))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{VIP, assert_is, only, server, service, snapshot};
    use super::*;
    use crate::network::route::Route;
    use crate::{Forwarding, Scheduler};

    #[test]
    fn a_vip_that_the_kernel_would_forward_is_an_error_once() {
        let web = service(Scheduler::RoundRobin, vec![server(2, Forwarding::Nat, 1)]);
        let mut director = snapshot(vec![web.clone(), web]);
        assert_eq!(find(&director), []);
        let route = Route::OnLink { interface: 2 };
        director.network.routes.insert(VIP, route);
        let finding = only(find(&director));
        assert_is(&finding, "vip-not-local", Severity::Error);
        assert_eq!(
            finding.remedy.unwrap(),
            "ip address add 192.0.2.1/32 dev lo"
        );
    }
}
