//! Settings of `net.ipv4.vs` that do harm to the services that there are. What every setting means
//! is in [`settings`](super::super::settings); here is only what deserves attention.

use super::super::snapshot::keeps_packets;
use super::super::{Finding, Object, Severity, Snapshot, settings};
use crate::Forwarding;

pub(super) fn find(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.services.is_empty() {
        return Vec::new();
    }
    RULES
        .iter()
        .filter(|rule| (rule.applies)(snapshot))
        .filter_map(Rule::finding)
        .collect()
}

struct Rule {
    name: &'static str,
    severity: Severity,
    setting: &'static str,
    applies: fn(&Snapshot) -> bool,
    explanation: &'static str,
    /// The value that mends it.
    wanted: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        name: "counters-frozen",
        severity: Severity::Warning,
        setting: "run_estimation",
        applies: |snapshot| snapshot.ipvs_number("run_estimation", 1) == 0,
        explanation: "Counters and rates of services and real servers stand still.",
        wanted: "1",
    },
    Rule {
        name: "new-connections-dropped",
        severity: Severity::Warning,
        setting: "drop_entry",
        applies: |snapshot| snapshot.ipvs_number("drop_entry", 0) == 3,
        explanation: "Entries of the connection table are dropped at random all the time, not only \
            when memory is short.",
        wanted: "1",
    },
    Rule {
        name: "packets-dropped",
        severity: Severity::Warning,
        setting: "drop_packet",
        applies: |snapshot| snapshot.ipvs_number("drop_packet", 0) == 3,
        explanation: "One packet in `am_droprate` is dropped all the time, not only when memory is \
            short.",
        wanted: "1",
    },
    Rule {
        name: "conntrack-sees-half",
        severity: Severity::Note,
        setting: "conntrack",
        applies: |snapshot| {
            snapshot.ipvs_number("conntrack", 0) != 0
                && snapshot
                    .servers()
                    .any(|(_, server)| keeps_packets(server.forwarding))
        },
        explanation: "Netfilter tracks connections of DR and TUN real servers, whose replies never \
            pass the director: it sees one half of them, and rules that drop state INVALID may drop \
            that half.",
        wanted: "0",
    },
    Rule {
        name: "large-packets-lost-in-tunnel",
        severity: Severity::Warning,
        setting: "pmtu_disc",
        applies: |snapshot| {
            snapshot.ipvs_number("pmtu_disc", 1) == 0 && snapshot.uses(Forwarding::Tun)
        },
        explanation: "The director does not tell senders that their packets are too large for the \
            tunnel once they are wrapped; it fragments the wrapped ones.",
        wanted: "1",
    },
    Rule {
        name: "backup-only",
        severity: Severity::Note,
        setting: "backup_only",
        applies: |snapshot| snapshot.ipvs_number("backup_only", 0) != 0,
        explanation: "As long as the backup synchronisation daemon runs, this director schedules \
            nothing itself.",
        wanted: "0",
    },
];

impl Rule {
    fn finding(&self) -> Option<Finding> {
        let sysctl = settings::sysctl(self.setting)?;
        let command = sysctl.command(self.wanted);
        let object = Object::Sysctl { sysctl };
        Some(Finding::new(self.name, self.severity, object, self.explanation).mended_by(command))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{names, server, service, snapshot};
    use super::*;
    use crate::Scheduler;

    fn found(forwarding: Forwarding, setting: &str, value: &str) -> Vec<Finding> {
        let web = service(Scheduler::RoundRobin, vec![server(2, forwarding, 1)]);
        let mut director = snapshot(vec![web]);
        let setting = settings::sysctl(setting).unwrap();
        director.settings.insert(setting, value.to_owned());
        find(&director)
    }

    #[test]
    fn every_rule_names_a_setting_that_is_known() {
        assert!(RULES.iter().all(|rule| rule.finding().is_some()));
    }

    #[test]
    fn settings_that_do_harm_are_told_and_others_are_not() {
        for (setting, harmful, harmless, name) in [
            ("run_estimation", "0", "1", "counters-frozen"),
            ("drop_entry", "3", "2", "new-connections-dropped"),
            ("drop_packet", "3", "1", "packets-dropped"),
            ("backup_only", "1", "0", "backup-only"),
        ] {
            assert_eq!(names(&found(Forwarding::Nat, setting, harmful)), [name]);
            assert_eq!(found(Forwarding::Nat, setting, harmless), []);
        }
    }

    #[test]
    fn some_settings_matter_to_one_method_only() {
        let conntrack = |method| names(&found(method, "conntrack", "1"));
        assert_eq!(conntrack(Forwarding::Dr), ["conntrack-sees-half"]);
        assert!(conntrack(Forwarding::Nat).is_empty());
        let pmtu = |method| names(&found(method, "pmtu_disc", "0"));
        assert_eq!(pmtu(Forwarding::Tun), ["large-packets-lost-in-tunnel"]);
        assert!(pmtu(Forwarding::Dr).is_empty());
    }
}
