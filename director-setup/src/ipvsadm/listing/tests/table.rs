//! A table without a kernel, and what is printed of it.

use crate::ipvsadm::grammar::{self, Command};
use crate::ipvsadm::listing::{title, write_entry};
use crate::ipvsadm::names::Names;
use crate::ipvsadm::style::Style;
use crate::ipvsadm::{order, rules};
use crate::{
    Change, ConnectionCounts, Info, RealServerEntry, ServiceEntry, ServiceKey, Statistics, Version,
};

/// A kernel's table, the last added server first.
#[derive(Default)]
pub(super) struct Table {
    pub(super) services: Vec<ServiceEntry>,
    pub(super) servers: Vec<(ServiceKey, Vec<RealServerEntry>)>,
}

impl Table {
    pub(super) fn restored(lines: &[&str]) -> Self {
        let mut table = Self::default();
        for line in lines {
            match grammar::parse("ipvsadm", &words(line), &mut names()) {
                Ok(Command::Change(change)) => table.take(*change),
                other => panic!("{line}: {other:?}"),
            }
        }
        table
    }

    pub(super) fn take(&mut self, change: Change) {
        match change {
            Change::AddService { service } => {
                self.servers.push((service.key, Vec::new()));
                let statistics = Statistics::default();
                self.services.push(ServiceEntry {
                    service,
                    statistics,
                });
            }
            Change::AddServer { key, server } => {
                let entry = RealServerEntry {
                    server,
                    connections: ConnectionCounts::default(),
                    statistics: Statistics::default(),
                };
                let (_, servers) = self
                    .servers
                    .iter_mut()
                    .find(|(known, _)| *known == key)
                    .expect("the service was added");
                servers.insert(0, entry);
            }
            other => panic!("{other}"),
        }
    }

    fn servers(&self, key: &ServiceKey) -> &[RealServerEntry] {
        let (_, servers) = self
            .servers
            .iter()
            .find(|(known, _)| known == key)
            .expect("it is there");
        servers
    }

    /// What a list of everything prints, without a kernel.
    pub(super) fn listed(&self, style: Style) -> String {
        let info = Info {
            version: Version::from(0x01_02_01),
            connection_table_size: 4096,
        };
        let mut text = title::banner(info).into_bytes();
        text.extend(title::title(style.columns).bytes());
        for entry in order::services(&self.services, style.order) {
            write_entry(
                &mut text,
                entry,
                self.servers(&entry.service.key),
                style,
                &mut names(),
            )
            .expect("a vector takes everything");
        }
        String::from_utf8(text).expect("words")
    }

    pub(super) fn listed_alone(&self, key: &ServiceKey, style: Style) -> String {
        let mut text = title::title(style.columns).as_bytes().to_vec();
        let entry = self
            .services
            .iter()
            .find(|entry| entry.service.key == *key)
            .expect("it is there");
        write_entry(&mut text, entry, self.servers(key), style, &mut names())
            .expect("a vector takes everything");
        String::from_utf8(text).expect("words")
    }

    pub(super) fn saved(&self, style: Style) -> String {
        let mut text = Vec::new();
        for ServiceEntry { service, .. } in order::services(&self.services, style.order) {
            rules::write_rules(
                &mut text,
                service,
                self.servers(&service.key),
                style,
                &mut names(),
            )
            .expect("a vector takes everything");
        }
        String::from_utf8(text).expect("words")
    }
}

/// Those of the guest in which the golden texts were made.
pub(super) fn names() -> Names {
    Names::fixed(
        &[
            ("127.0.0.1", "localhost"),
            ("192.0.2.80", "web.example"),
            ("192.0.2.81", "a-real-server-with-a-long-name.example"),
            ("2001:db8::80", "web6.example"),
        ],
        "ftp 21/tcp\ndomain 53/udp\ntftp 69/udp\nhttp 80/tcp\nhttps 443/tcp\nm3ua 2905/sctp\n\
         sip 5060/udp\n",
    )
}

pub(super) fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}
