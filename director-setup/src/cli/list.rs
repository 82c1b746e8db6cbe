//! What the kernel has, for reading and for other programs.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::{Client, Error, Info, RealServerEntry, Service, ServiceEntry, Totals};

/// All services with their real servers.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    info: Info,
    services: Vec<ListedService>,
}

#[derive(Debug, Serialize)]
struct ListedService {
    #[serde(flatten)]
    entry: ServiceEntry,
    servers: Vec<RealServerEntry>,
}

impl Listing {
    /// Reads it from the kernel.
    pub(super) fn read(client: &mut Client) -> Result<Self, Error> {
        let info = client.info()?;
        let services = client.services()?.into_iter().map(|entry| {
            let servers = client.servers(&entry.service.key)?;
            Ok(ListedService { entry, servers })
        });
        Ok(Self {
            info,
            services: services.collect::<Result<_, Error>>()?,
        })
    }
}

const HEADINGS: [&str; 10] = [
    "real server",
    "method",
    "weight",
    "active",
    "inactive",
    "connections",
    "packets in",
    "packets out",
    "bytes in",
    "bytes out",
];
/// The columns that hold words; numbers are aligned to the right.
const WORDS: usize = 2;

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "IPVS {}, connection table of {} buckets",
            self.info.version, self.info.connection_table_size
        )?;
        self.services.iter().try_for_each(|service| {
            writeln!(f)?;
            service.fmt(f)
        })
    }
}

impl fmt::Display for ListedService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", title(&self.entry.service))?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(HEADINGS);
        for server in &self.servers {
            table.add_row(server_row(server));
        }
        table.add_row(total_row(&self.entry));
        for column in table.column_iter_mut().skip(WORDS) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{}", table.trim_fmt())
    }
}

fn title(service: &Service) -> String {
    let persistence = service.persistence.as_ref();
    let persistence = persistence.map(|p| format!(", persistent for {} s", p.timeout_seconds));
    format!(
        "{} {}{}",
        service.key,
        service.scheduler,
        persistence.unwrap_or_default()
    )
}

fn server_row(entry: &RealServerEntry) -> Vec<String> {
    let server = &entry.server;
    let mut row = vec![
        server.address.to_string(),
        server.forwarding.to_string(),
        server.weight.to_string(),
        entry.connections.active.to_string(),
        entry.connections.inactive.to_string(),
    ];
    row.extend(totals(&entry.statistics.totals));
    row
}

/// The service's own counters, which include those of real servers that were deleted.
fn total_row(entry: &ServiceEntry) -> Vec<String> {
    let mut row = vec!["service".to_owned()];
    row.resize(HEADINGS.len() - 5, String::new());
    row.extend(totals(&entry.statistics.totals));
    row
}

fn totals(totals: &Totals) -> [String; 5] {
    [
        totals.connections,
        totals.packets_in,
        totals.packets_out,
        totals.bytes_in,
        totals.bytes_out,
    ]
    .map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ConnectionCounts, Forwarding, RealServer, Scheduler, ServiceKey, Statistics, Weight,
    };

    fn listing() -> Listing {
        let statistics = |connections| Statistics {
            totals: Totals {
                connections,
                packets_in: 6 * connections,
                packets_out: 4 * connections,
                bytes_in: 400 * connections,
                bytes_out: 300 * connections,
            },
            ..Statistics::default()
        };
        let server = |last: u8, weight: u16, connections| RealServerEntry {
            server: RealServer::new(([192, 168, 1, last], 80).into(), Forwarding::Nat)
                .with_weight(Weight::from(weight)),
            connections: ConnectionCounts {
                active: 1,
                inactive: u32::from(weight),
                persistent: 0,
            },
            statistics: statistics(connections),
        };
        let key = ServiceKey::tcp(([192, 168, 0, 1], 80).into());
        let entry = ServiceEntry {
            service: Service::new(key, Scheduler::WeightedLeastConnection),
            statistics: statistics(10_000_000_000),
        };
        Listing {
            info: Info {
                version: 0x01_02_01.into(),
                connection_table_size: 4096,
            },
            services: vec![ListedService {
                entry,
                servers: vec![server(3, 1, 2_000_000_000), server(2, 4, 8_000_000_000)],
            }],
        }
    }

    #[test]
    fn the_text_has_a_table_for_each_service() {
        insta::assert_snapshot!(listing(), @r#"
        IPVS 1.2.1, connection table of 4096 buckets

        tcp 192.168.0.1:80 wlc
         real server     method  weight  active  inactive  connections   packets in  packets out       bytes in      bytes out
         192.168.1.3:80  nat          1       1         1   2000000000  12000000000   8000000000   800000000000   600000000000
         192.168.1.2:80  nat          4       1         4   8000000000  48000000000  32000000000  3200000000000  2400000000000
         service                                           10000000000  60000000000  40000000000  4000000000000  3000000000000
        "#);
    }

    #[test]
    fn the_json_has_the_servers_inside_their_service() {
        let json = serde_json::to_value(listing()).expect("it has only plain values");
        let service = &json["services"][0];
        assert_eq!(service["protocol"], "tcp");
        assert_eq!(service["address"], "192.168.0.1:80");
        assert_eq!(service["scheduler"], "wlc");
        let server = &service["servers"][1];
        assert_eq!(server["address"], "192.168.1.2:80");
        assert_eq!(server["weight"], 4);
        assert_eq!(server["connections"]["active"], 1);
        assert_eq!(
            server["statistics"]["totals"]["connections"],
            8_000_000_000_u64
        );
    }
}
