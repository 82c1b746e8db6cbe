//! Every finding, one file for each group of them.
//!
//! A group is a pure function of a [`Snapshot`]. A new finding is a function in the file of its
//! group, called from the group's `find`, and a test for when it is found and when it is not; a new
//! group is a file and a line in [`GROUPS`].

mod arp;
mod forwarding;
mod hashing;

mod persistence;
mod ports;
mod reach;
mod tuning;
mod vip;
mod weights;

use super::{Finding, Snapshot};

/// The groups, in the order in which an operator would look.
pub const GROUPS: [fn(&Snapshot) -> Vec<Finding>; 9] = [
    vip::find,
    arp::find,
    reach::find,
    forwarding::find,
    ports::find,
    weights::find,
    hashing::find,
    persistence::find,
    tuning::find,
];

/// Every finding, the worst first, otherwise in the order of the groups.
pub fn all(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings: Vec<Finding> = GROUPS.iter().flat_map(|find| find(snapshot)).collect();
    findings.sort_by_key(|finding| finding.severity);
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{server, service, snapshot};
    use super::*;
    use crate::{Forwarding, Scheduler};

    #[test]
    fn a_plain_director_gives_no_findings() {
        let servers = |forwarding| vec![server(3, forwarding, 1), server(2, forwarding, 4)];
        let nat = service(Scheduler::WeightedLeastConnection, servers(Forwarding::Nat));
        assert_eq!(all(&snapshot(vec![nat])), []);
        let dr = service(Scheduler::WeightedRoundRobin, servers(Forwarding::Dr));
        assert_eq!(all(&snapshot(vec![dr])), []);
        assert_eq!(all(&snapshot(Vec::new())), []);
    }
}
