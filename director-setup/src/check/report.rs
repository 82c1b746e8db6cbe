//! What a reader of `check` sees.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{Table, presets};
use serde::Serialize;

use super::schedulers::Availability;
use super::settings::{self, Setting};
use super::{Finding, Severity, Snapshot, findings};
use crate::Info;

/// A snapshot's findings and what is worth showing of the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    ipvs: Info,
    services: usize,
    schedulers: BTreeMap<String, Availability>,
    settings: Vec<Setting>,
    findings: Vec<Finding>,
}

impl Report {
    /// The report on a snapshot of a kernel with this IPVS.
    pub fn new(ipvs: Info, snapshot: &Snapshot) -> Self {
        Self {
            ipvs,
            services: snapshot.services.len(),
            schedulers: snapshot.schedulers.clone(),
            settings: settings::explain(snapshot),
            findings: findings::all(snapshot),
        }
    }

    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }

    fn names(&self, availability: Availability) -> Option<String> {
        let schedulers = self
            .schedulers
            .iter()
            .filter(|(_, one)| **one == availability);
        let names: Vec<&str> = schedulers.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "IPVS {}, {}",
            self.ipvs.version,
            counted(self.services, "service")
        )?;
        for (availability, words) in [
            (Availability::Present, "schedulers in the kernel"),
            (Availability::Loadable, "schedulers that would load"),
            (Availability::Missing, "schedulers not found"),
        ] {
            if let Some(names) = self.names(availability) {
                writeln!(f, "{words}: {names}")?;
            }
        }
        if !self.settings.is_empty() {
            writeln!(f, "\n{}", settings_table(&self.settings))?;
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        let words = [
            (Severity::Error, "error"),
            (Severity::Warning, "warning"),
            (Severity::Note, "note"),
        ];
        let counts = words.map(|(severity, word)| counted(self.count(severity), word));
        writeln!(f, "\n{}", counts.join(", "))
    }
}

fn counted(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

fn settings_table(settings: &[Setting]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["setting", "value", "default", "meaning"]);
    for setting in settings {
        let sysctl = setting.sysctl.to_string();
        table.add_row([&sysctl, &setting.value, setting.default, setting.meaning]);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{server, service, snapshot};
    use super::*;
    use crate::{Forwarding, RealServer, Scheduler};

    fn report() -> Report {
        let wrong = RealServer {
            address: ([10, 0, 1, 2], 8080).into(),
            ..server(2, Forwarding::Dr, 4)
        };
        let servers = vec![server(3, Forwarding::Dr, 1), wrong];
        let mut director = snapshot(vec![service(Scheduler::RoundRobin, servers)]);
        let conntrack = settings::sysctl("conntrack").unwrap();
        director.settings.insert(conntrack, "0".to_owned());
        director.schedulers = BTreeMap::from([
            ("rr".to_owned(), Availability::Present),
            ("sh".to_owned(), Availability::Loadable),
        ]);
        let info = Info {
            version: 0x01_02_01.into(),
            connection_table_size: 4096,
        };
        Report::new(info, &director)
    }

    #[test]
    fn the_text_has_the_worst_first_and_ends_with_the_sum() {
        insta::assert_snapshot!(report(), @r#"
        IPVS 1.2.1, 1 service
        schedulers in the kernel: rr
        schedulers that would load: sh

         setting                value  default  meaning
         net.ipv4.vs.conntrack  0      0        netfilter does not track the services' connections

        error   port-differs: 10.0.1.2:8080 of tcp 192.0.2.1:80
                With dr packets keep the service's port: they arrive at 10.0.1.2:80, and port 8080 of the real server is never used. Only NAT changes ports.
                -> director-setup ipvsadm -d -t 192.0.2.1:80 -r 10.0.1.2:8080 && director-setup ipvsadm -a -t 192.0.2.1:80 -r 10.0.1.2:80 -g -w 4

        warning weights-ignored: tcp 192.0.2.1:80
                Scheduler rr treats all weights but 0 alike, so 1, 4 give equal shares.
                -> director-setup ipvsadm -E -t 192.0.2.1:80 -s wrr

        1 error, 1 warning, 0 notes
        "#);
    }

    #[test]
    fn the_json_has_findings_as_data() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["schedulers"]["sh"], "loadable");
        assert_eq!(json["settings"][0]["sysctl"], "net.ipv4.vs.conntrack");
        let finding = &json["findings"][0];
        assert_eq!(finding["name"], "port-differs");
        assert_eq!(finding["severity"], "error");
        assert_eq!(finding["object"]["kind"], "server");
        assert_eq!(finding["object"]["service"], "tcp 192.0.2.1:80");
        assert_eq!(finding["object"]["server"], "10.0.1.2:8080");
    }
}
