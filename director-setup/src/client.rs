//! The kernel's IPVS as an object.

use std::net::SocketAddr;
use std::time::Duration;

use nix::errno::Errno;

use crate::abi::{self, Command, CommandAttribute};
use crate::codec::message::{Reply, Request, nested};
use crate::codec::{
    DecodeError, EncodeError, change, daemon, destination, family, info, service, timeouts,
};
use crate::error::{Error, Operation};
use crate::socket::{Failure, Socket};
use crate::{
    Change, Info, RealServer, RealServerEntry, Service, ServiceEntry, ServiceKey, SyncDaemon,
    SyncRole, Timeouts,
};

/// How long the kernel may be silent. It carries out a request while the request is being sent,
/// loading of modules included, so that an answer is there at once.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often a list is read that changes meanwhile.
const ATTEMPTS: u32 = 10;

/// Changes in one datagram. If the kernel refuses all of them, its answers, of some 1 KiB each
/// with the kernel's own bookkeeping, still fit the 208 KiB that a socket has by default
/// (`net.core.rmem_default`).
const BATCH: usize = 128;

/// A connection to the IPVS of one network namespace.
///
/// It belongs to the namespace of the thread that called [`Client::connect`] and can then be used
/// from any other. Every operation, the reading ones too, needs `CAP_NET_ADMIN` in the *initial*
/// user namespace; without it the kernel refuses with `EPERM`.
///
/// Each operation waits for the kernel's acknowledgement, and gives up when nothing was heard for
/// 10 seconds.
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    family: u16,
}

impl Client {
    /// Opens a socket in this thread's network namespace and looks for IPVS, which makes the
    /// kernel load its module if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::NoIpvs`] if the kernel has none. A lack of permission shows only in the operations.
    pub fn connect() -> Result<Self, Error> {
        let mut socket = Socket::open(DEADLINE).map_err(|errno| match errno {
            Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT => Error::NoIpvs,
            errno => Error::during(Operation::Connect, errno.into()),
        })?;
        let family = resolve(&mut socket, abi::FAMILY_NAME).map_err(|failure| match failure {
            Failure::Refused(Errno::ENOENT) => Error::NoIpvs,
            failure => Error::during(Operation::Connect, failure),
        })?;
        Ok(Self { socket, family })
    }

    /// The version of IPVS and the size of its connection table.
    pub fn info(&mut self) -> Result<Info, Error> {
        let request = Request::new(Command::GetInfo, Reply::Answer);
        let answers = self.ask(
            Operation::ReadInfo,
            &request,
            Command::SetInfo,
            info::decode,
        )?;
        only(answers).map_err(|source| Error::during(Operation::ReadInfo, source.into()))
    }

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
        let last = requests.len().saturating_sub(1);
        let encoders = requests.into_iter().enumerate().map(|(number, request)| {
            let reply = if number == last {
                Reply::Acknowledgement
            } else {
                Reply::Refusal
            };
            move |sequence| request.expecting(reply).encode(family, sequence)
        });
        let refusals = self
            .socket
            .post(encoders)
            .map_err(|failure| Error::during(Operation::Changes, failure))?;
        for (number, errno) in refusals {
            let place = sent[number];
            let operation = Operation::Change(batch[place].clone());
            refused.push((place, Error::during(operation, Failure::Refused(errno))));
        }
        refused.sort_by_key(|(place, _)| *place);
        Ok(refused)
    }

    /// Every service of the namespace with its counters, in the kernel's order.
    ///
    /// The kernel resumes a long list by position: a service that is added or deleted meanwhile
    /// can make it skip or repeat another. If the kernel says so, the list is read again.
    pub fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let request = Request::new(Command::GetService, Reply::Dump);
        let operation = Operation::ListServices;
        self.ask(operation, &request, Command::NewService, decode_service)
    }

    /// One service with its counters.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service.
    pub fn service(&mut self, key: &ServiceKey) -> Result<ServiceEntry, Error> {
        let request =
            Request::new(Command::GetService, Reply::Answer).service(service::encode_key(key));
        let operation = || Operation::ReadService(*key);
        let answers = self.ask(operation(), &request, Command::NewService, decode_service)?;
        only(answers).map_err(|source| Error::during(operation(), source.into()))
    }

    /// The real servers of a service with their counters, in the kernel's order: the last added
    /// first. Of a service that does not exist it is empty, without an error.
    pub fn servers(&mut self, key: &ServiceKey) -> Result<Vec<RealServerEntry>, Error> {
        let request = Request::new(Command::GetDest, Reply::Dump).service(service::encode_key(key));
        let operation = Operation::ListServers(*key);
        self.ask(operation, &request, Command::NewDest, |attributes| {
            let nest = nested(attributes, CommandAttribute::Dest)?;
            destination::decode_entry(nest, key.family())
        })
    }

    /// The connection timeouts.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let request = Request::new(Command::GetConfig, Reply::Answer);
        let operation = || Operation::ReadTimeouts;
        let answers = self.ask(operation(), &request, Command::SetConfig, timeouts::decode)?;
        only(answers).map_err(|source| Error::during(operation(), source.into()))
    }

    /// The synchronisation daemons that are running, at most one of each role.
    pub fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        let request = Request::new(Command::GetDaemon, Reply::Dump);
        let operation = Operation::ListDaemons;
        self.ask(operation, &request, Command::NewDaemon, |attributes| {
            daemon::decode(nested(attributes, CommandAttribute::Daemon)?)
        })
    }

    /// Sends a request whose answers carry the command byte `expected`; again, if it is for a list
    /// that changed meanwhile.
    fn ask<T>(
        &mut self,
        operation: Operation,
        request: &Request,
        expected: Command,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, Error> {
        for _ in 0..ATTEMPTS {
            tracing::debug!(%operation);
            let mut answers = Vec::new();
            let heard = self.socket.exchange(
                request.reply(),
                |sequence| request.clone().encode(self.family, sequence),
                |command, attributes| {
                    expect_command(expected.into(), command)?;
                    answers.push(decode(attributes)?);
                    Ok(())
                },
            );
            match heard {
                Ok(()) => return Ok(answers),
                Err(Failure::Interrupted) => {}
                Err(failure) => return Err(Error::during(operation, failure)),
            }
        }
        Err(Error::during(operation, Failure::Interrupted))
    }
}

impl Error {
    fn during(operation: Operation, failure: Failure) -> Self {
        let operation = Box::new(operation);
        match failure {
            Failure::Refused(errno) => Self::Refused { operation, errno },
            Failure::Socket(source) => Self::Socket { operation, source },
            Failure::Answer(source) => Self::Answer { operation, source },
            Failure::NoAnswer(waited) => Self::NoAnswer { operation, waited },
            Failure::Interrupted => Self::Interrupted {
                operation,
                attempts: ATTEMPTS,
            },
        }
    }

    fn before(operation: Operation, source: EncodeError) -> Self {
        let operation = Box::new(operation);
        Self::Request { operation, source }
    }
}

/// The number of a generic netlink family.
fn resolve(socket: &mut Socket, name: &str) -> Result<u16, Failure> {
    let mut numbers = Vec::new();
    socket.exchange(
        Reply::Answer,
        |sequence| family::encode_request_for(name, sequence),
        |command, attributes| {
            expect_command(family::ANSWER, command)?;
            numbers.push(family::decode(attributes)?);
            Ok(())
        },
    )?;
    Ok(only(numbers)?)
}

fn decode_service(attributes: &[u8]) -> Result<ServiceEntry, DecodeError> {
    service::decode_entry(nested(attributes, CommandAttribute::Service)?)
}

fn expect_command(expected: u8, found: u8) -> Result<(), DecodeError> {
    if expected == found {
        Ok(())
    } else {
        Err(DecodeError::Command { expected, found })
    }
}

/// The one answer to a question that has one.
fn only<T>(answers: Vec<T>) -> Result<T, DecodeError> {
    answers.into_iter().next().ok_or(DecodeError::Empty)
}

/// Generic netlink's own family, which every kernel has and everybody may ask, stands in for IPVS.
#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: u16 = 16;
    const GET_FAMILY: u8 = 3;

    fn list_families(socket: &mut Socket) -> Result<Vec<u16>, Failure> {
        let mut numbers = Vec::new();
        let request = Request::new(Command::from(GET_FAMILY), Reply::Dump);
        socket.exchange(
            Reply::Dump,
            |sequence| request.encode(CONTROL, sequence),
            |_, attributes| {
                numbers.push(family::decode(attributes)?);
                Ok(())
            },
        )?;
        Ok(numbers)
    }

    #[test]
    fn a_family_is_resolved_and_listed_by_the_running_kernel() {
        let mut socket = Socket::open(DEADLINE).expect("everybody may open one");
        assert_eq!(
            resolve(&mut socket, "nlctrl").expect("it is there"),
            CONTROL
        );
        let families = list_families(&mut socket).expect("everybody may list");
        assert!(families.contains(&CONTROL), "{families:?}");
    }

    #[test]
    fn a_socket_can_be_used_on_after_a_refusal_and_after_an_unreadable_answer() {
        let mut socket = Socket::open(DEADLINE).expect("everybody may open one");
        let refusal = resolve(&mut socket, "nobody").expect_err("no such family");
        assert!(
            matches!(refusal, Failure::Refused(Errno::ENOENT)),
            "{refusal:?}"
        );

        let request = Request::new(Command::from(GET_FAMILY), Reply::Dump);
        let unread = socket
            .exchange(
                Reply::Dump,
                |sequence| request.encode(CONTROL, sequence),
                |_, _| Err(DecodeError::Empty),
            )
            .expect_err("the reader failed");
        assert!(
            matches!(unread, Failure::Answer(DecodeError::Empty)),
            "{unread:?}"
        );
        list_families(&mut socket).expect("the list before was heard to its end");
    }
}
