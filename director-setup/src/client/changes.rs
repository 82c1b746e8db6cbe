//! What changes the kernel's IPVS.

use std::net::SocketAddr;

use super::Client;
use crate::abi::Command;
use crate::codec::change;
use crate::codec::message::{Reply, Request};
use crate::error::{Error, Operation};
use crate::socket::Failure;
use crate::{Change, RealServer, Service, ServiceKey, SyncDaemon, SyncRole, Timeouts};

/// Changes in one datagram. If the kernel refuses all of them, its answers take some 1.2 KiB each
/// while they wait to be read.
const BATCH: usize = 128;

impl Client {
    /// Adds a service without real servers; its scheduler's module is loaded if need be.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `EEXIST`: it is there already; `ENOENT`: no such scheduler or
    /// persistence engine; `EINVAL`: an IPv6 netmask out of range.
    pub fn add_service(&mut self, service: &Service) -> Result<(), Error> {
        let service = service.clone();
        self.carry_out(&Change::AddService { service })
    }

    /// Gives a service another scheduler, other flags or persistence; connections stay.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service; otherwise as [`Client::add_service`].
    pub fn edit_service(&mut self, service: &Service) -> Result<(), Error> {
        let service = service.clone();
        self.carry_out(&Change::EditService { service })
    }

    /// Deletes a service together with its real servers.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service.
    pub fn delete_service(&mut self, key: &ServiceKey) -> Result<(), Error> {
        self.carry_out(&Change::DeleteService { key: *key })
    }

    /// Adds a real server to a service. It becomes the first in the kernel's list.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service; `EEXIST`: it is there already; `EINVAL`:
    /// not a unicast address (in a namespace where no interface was ever up, Linux 6.1 takes no IPv4
    /// address for one), a GUE tunnel to port 0, or another address family than the service's
    /// without a tunnel; `ERANGE`: the lower threshold is above the upper one.
    pub fn add_server(&mut self, key: &ServiceKey, server: &RealServer) -> Result<(), Error> {
        let (key, server) = (*key, server.clone());
        self.carry_out(&Change::AddServer { key, server })
    }

    /// Adds real servers to a service one after another, up to the first that fails.
    pub fn add_servers(&mut self, key: &ServiceKey, servers: &[RealServer]) -> Result<(), Error> {
        servers
            .iter()
            .try_for_each(|server| self.add_server(key, server))
    }

    /// Gives a real server another weight, forwarding method, thresholds or tunnel; connections
    /// stay, and so does its place in the kernel's list.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service; `ENOENT`: no such real server; otherwise
    /// as [`Client::add_server`].
    pub fn edit_server(&mut self, key: &ServiceKey, server: &RealServer) -> Result<(), Error> {
        let (key, server) = (*key, server.clone());
        self.carry_out(&Change::EditServer { key, server })
    }

    /// Deletes a real server from a service.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service; `ENOENT`: no such real server.
    pub fn delete_server(&mut self, key: &ServiceKey, server: SocketAddr) -> Result<(), Error> {
        let (key, address) = (*key, server);
        self.carry_out(&Change::DeleteServer { key, address })
    }

    /// Deletes every service of the namespace.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.carry_out(&Change::Flush)
    }

    /// Sets the counters of a service and of its real servers to zero, or with `None` those of
    /// everything. What the kernel's estimator has not added up yet (up to 2 s) reappears.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service.
    pub fn zero(&mut self, key: Option<&ServiceKey>) -> Result<(), Error> {
        let key = key.copied();
        self.carry_out(&Change::Zero { key })
    }

    /// Sets the connection timeouts; a 0 keeps one.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `EINVAL`: more seconds than the kernel can count.
    pub fn set_timeouts(&mut self, timeouts: Timeouts) -> Result<(), Error> {
        self.carry_out(&Change::SetTimeouts { timeouts })
    }

    /// Starts a synchronisation daemon.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `EEXIST`: one of this role is running; `ENODEV`: no such interface;
    /// `EINVAL`: not a multicast group, or a service has a real server of the other family.
    pub fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error> {
        let daemon = daemon.clone();
        self.carry_out(&Change::StartDaemon { daemon })
    }

    /// Stops a synchronisation daemon.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: none of this role is running.
    pub fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error> {
        self.carry_out(&Change::StopDaemon { role })
    }

    /// Carries out one change; the method that is named after it says how it can be refused.
    pub fn carry_out(&mut self, change: &Change) -> Result<(), Error> {
        if let Change::StopDaemon { .. } = change {
            let refused = self.carry_out_batch(std::slice::from_ref(change))?;
            return refused
                .into_iter()
                .next()
                .map_or(Ok(()), |(_, error)| Err(error));
        }
        tracing::debug!(%change);
        let operation = || Operation::Change(change.clone());
        let request =
            change::encode(change).map_err(|source| Error::before(operation(), source))?;
        self.socket
            .exchange(
                Reply::Acknowledgement,
                |sequence| request.encode(self.family, sequence),
                |_, _| Ok(()),
            )
            .map_err(|failure| Error::during(operation(), failure))
    }

    /// Carries out changes in their order, many in one system call, and returns those that were
    /// refused with their places in `changes`, counted from 0. A refusal does not keep the kernel
    /// from the changes after it.
    ///
    /// # Errors
    ///
    /// The socket failed or the kernel did not answer: then it is unknown which of the changes
    /// were carried out.
    pub fn carry_out_all(&mut self, changes: &[Change]) -> Result<Vec<(usize, Error)>, Error> {
        let mut refused = Vec::new();
        for (number, batch) in changes.chunks(BATCH).enumerate() {
            let refusals = self.carry_out_batch(batch)?;
            let place = |(place, error)| (number * BATCH + place, error);
            refused.extend(refusals.into_iter().map(place));
        }
        Ok(refused)
    }

    /// Sends changes with a question behind them whose answer tells that all are done. The last
    /// change will not do for that: if a daemon is stopped before its thread ever ran, the kernel
    /// says neither that it succeeded nor that it failed (`netlink_rcv_skb` in
    /// `net/netlink/af_netlink.c` passes over `EINTR`, Linux 6.1).
    fn carry_out_batch(&mut self, batch: &[Change]) -> Result<Vec<(usize, Error)>, Error> {
        let mut refused = Vec::new();
        let mut sent = Vec::new();
        let mut requests = Vec::new();
        for (place, change) in batch.iter().enumerate() {
            tracing::debug!(%change);
            match change::encode(change) {
                Ok(request) => {
                    sent.push(place);
                    requests.push(request);
                }
                Err(source) => {
                    let operation = Operation::Change(change.clone());
                    refused.push((place, Error::before(operation, source)));
                }
            }
        }
        let family = self.family;
        let changes = requests
            .into_iter()
            .map(|change| change.expecting(Reply::Refusal));
        let encoders = changes
            .chain([Request::new(Command::GetInfo, Reply::Acknowledgement)])
            .map(|request| move |sequence| request.encode(family, sequence));
        let refusals = self
            .socket
            .post(encoders)
            .map_err(|failure| Error::during(Operation::Changes, failure))?;
        for (number, errno) in refusals {
            // The question behind the changes is refused if they all are.
            let Some(&place) = sent.get(number) else {
                continue;
            };
            let operation = Operation::Change(batch[place].clone());
            refused.push((place, Error::during(operation, Failure::Refused(errno))));
        }
        refused.sort_by_key(|(place, _)| *place);
        Ok(refused)
    }
}
