//! The kernel's table as a value, with the kernel's refusals.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use director_setup::configuration::{Configuration, ConfiguredService};
use director_setup::plan::Director;
use director_setup::{
    AddressFamily, Change, ConnectionCounts, Errno, Error, Operation, RealServer, RealServerEntry,
    Service, ServiceKey, Statistics, SyncDaemon, SyncRole, Timeouts,
};

/// What a network namespace has.
#[derive(Debug, Clone)]
pub struct Table {
    services: Vec<Row>,
    timeouts: Timeouts,
    daemons: Vec<SyncDaemon>,
    /// Looks at a server until its connections are gone.
    pub looks: u32,
    /// What has been carried out.
    pub done: Vec<Change>,
    /// The change that is refused, by its number.
    pub refuse: Option<usize>,
}

#[derive(Debug, Clone)]
struct Row {
    service: Service,
    /// The last added first, as in the kernel.
    servers: Vec<RealServer>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            timeouts: Timeouts {
                tcp: 900,
                tcp_fin: 120,
                udp: 300,
            },
            daemons: Vec::new(),
            looks: 0,
            done: Vec::new(),
            refuse: None,
        }
    }
}

impl Table {
    /// A table that was filled in the order of a configuration.
    pub fn filled(configuration: &Configuration) -> Self {
        let mut table = Self::default();
        for ConfiguredService { service, servers } in &configuration.services {
            let service = service.clone();
            let key = service.key;
            table.must(&Change::AddService { service });
            for server in servers {
                let server = server.clone();
                table.must(&Change::AddServer { key, server });
            }
        }
        if let Some(timeouts) = configuration.timeouts {
            table.must(&Change::SetTimeouts { timeouts });
        }
        for daemon in configuration.daemons.iter().flatten() {
            let daemon = daemon.clone();
            table.must(&Change::StartDaemon { daemon });
        }
        table.done.clear();
        table
    }

    fn must(&mut self, change: &Change) {
        self.change(change).expect("it fits the table");
    }

    /// What `configuration::read` would say.
    pub fn configuration(&self) -> Configuration {
        let mut services: Vec<_> = self
            .services
            .iter()
            .map(|row| ConfiguredService {
                service: row.service.clone(),
                servers: row.servers.iter().rev().cloned().collect(),
            })
            .collect();
        services.sort_by_key(|one| one.service.key);
        Configuration {
            timeouts: Some(self.timeouts),
            daemons: Some(self.daemons.clone()),
            services,
        }
    }

    pub fn servers_of(&self, key: &ServiceKey) -> &[RealServer] {
        let row = self.services.iter().find(|row| row.service.key == *key);
        row.map_or(&[], |row| &row.servers)
    }

    pub fn change(&mut self, change: &Change) -> Result<(), Errno> {
        if self.refuse == Some(self.done.len()) {
            return Err(Errno::ENOMEM);
        }
        match change {
            Change::AddService { service } => {
                if self.row(&service.key).is_ok() {
                    return Err(Errno::EEXIST);
                }
                self.services.push(Row {
                    service: service.clone(),
                    servers: Vec::new(),
                });
            }
            Change::EditService { service } => {
                self.row(&service.key)?.service = service.clone();
            }
            Change::DeleteService { key } => {
                self.row(key)?;
                self.services.retain(|row| row.service.key != *key);
            }
            Change::AddServer { key, server } => {
                if mixed(key, server) && !self.daemons.is_empty() {
                    return Err(Errno::EINVAL);
                }
                let row = self.row(key)?;
                if row.server(server.address).is_ok() {
                    return Err(Errno::EEXIST);
                }
                row.servers.insert(0, server.clone());
            }
            Change::EditServer { key, server } => {
                *self.row(key)?.server(server.address)? = server.clone();
            }
            Change::DeleteServer { key, address } => {
                let row = self.row(key)?;
                row.server(*address)?;
                row.servers.retain(|server| server.address != *address);
            }
            Change::SetTimeouts { timeouts } => {
                let set = |old: &mut u32, new| *old = if new == 0 { *old } else { new };
                set(&mut self.timeouts.tcp, timeouts.tcp);
                set(&mut self.timeouts.tcp_fin, timeouts.tcp_fin);
                set(&mut self.timeouts.udp, timeouts.udp);
            }
            Change::StartDaemon { daemon } => self.start(daemon)?,
            Change::StopDaemon { role } => {
                self.daemon(*role).ok_or(Errno::ESRCH)?;
                self.daemons.retain(|daemon| daemon.role != *role);
            }
            other => panic!("no plan may have {other}"),
        }
        self.done.push(change.clone());
        Ok(())
    }

    fn row(&mut self, key: &ServiceKey) -> Result<&mut Row, Errno> {
        let mut rows = self.services.iter_mut();
        rows.find(|row| row.service.key == *key).ok_or(Errno::ESRCH)
    }

    fn daemon(&self, role: SyncRole) -> Option<&SyncDaemon> {
        self.daemons.iter().find(|daemon| daemon.role == role)
    }

    /// The kernel says the defaults of what it was not told.
    fn start(&mut self, daemon: &SyncDaemon) -> Result<(), Errno> {
        let mut rows = self.services.iter();
        if rows.any(|row| row.servers.iter().any(|one| mixed(&row.service.key, one))) {
            return Err(Errno::EINVAL);
        }
        if self.daemon(daemon.role).is_some() {
            return Err(Errno::EEXIST);
        }
        let default_group = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
        self.daemons.push(SyncDaemon {
            max_length: daemon.max_length.or(Some(1472)),
            group: daemon.group.or(Some(default_group)),
            port: daemon.port.or(Some(8848)),
            ttl: daemon.ttl.or(Some(1)),
            ..daemon.clone()
        });
        Ok(())
    }
}

impl Row {
    fn server(&mut self, address: SocketAddr) -> Result<&mut RealServer, Errno> {
        let mut servers = self.servers.iter_mut();
        servers
            .find(|server| server.address == address)
            .ok_or(Errno::ENOENT)
    }
}

pub fn mixed(key: &ServiceKey, server: &RealServer) -> bool {
    AddressFamily::from(server.address) != key.family()
}

impl Director for Table {
    fn carry_out(&mut self, change: &Change) -> Result<(), Error> {
        self.change(change).map_err(|errno| Error::Refused {
            operation: Box::new(Operation::Change(change.clone())),
            errno,
        })
    }

    fn servers(&mut self, key: &ServiceKey) -> Result<Vec<RealServerEntry>, Error> {
        let connections = ConnectionCounts {
            inactive: self.looks,
            ..ConnectionCounts::default()
        };
        self.looks = self.looks.saturating_sub(1);
        let servers = self.servers_of(key).iter();
        Ok(servers
            .map(|server| RealServerEntry {
                server: server.clone(),
                connections,
                statistics: Statistics::default(),
            })
            .collect())
    }
}
